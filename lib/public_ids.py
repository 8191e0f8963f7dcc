"""Ids that appear in addresses: they cannot be guessed, and nothing can be counted through them."""

from __future__ import annotations

import secrets

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # 32 characters that are not mistaken for each other
LENGTH = 20  # 100 random bits


def new_public_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
