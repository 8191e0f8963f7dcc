"""Ids that appear in addresses: they cannot be guessed, and nothing can be counted through them."""

from __future__ import annotations

import secrets

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # 32 characters that are not mistaken for each other
LENGTH = 20  # 100 random bits
_CHARACTERS = (ALPHABET * 8).encode()  # one for each byte, each equally often


def new_public_id() -> str:
    return secrets.token_bytes(LENGTH).translate(_CHARACTERS).decode()
