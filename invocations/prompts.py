"""What a visitor may type."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from networks import banned


class BadPrompt(ValueError):
    """The prompt is not accepted; the message is for the visitor."""


def clean(prompt: str, longest: int) -> str:
    """The prompt without surrounding white space. Raises BadPrompt with a sentence."""
    text = prompt.replace("\r\n", "\n").strip()
    if not any(_is_visible(sign) for sign in text):
        raise BadPrompt("Type a few words first.")
    if len(text) > longest:
        raise BadPrompt(f"That is {len(text):,} characters; at most {longest:,} fit.")
    if any(_is_control(sign) for sign in text):
        raise BadPrompt("The prompt contains control characters; only text is understood.")
    return text


def check_words(text: str, banned_words: Iterable[str]) -> None:
    """Raises BadPrompt where the network does not want to hear a word of it."""
    if word := banned.found_in(text, banned_words):
        raise BadPrompt(f"“{word.rstrip('*')}” is not said here. Please find other words.")


def _is_visible(sign: str) -> bool:
    # Not only spaces: marks that join or turn letters (Cf) show nothing where there are none.
    return not sign.isspace() and unicodedata.category(sign) != "Cf"


def _is_control(sign: str) -> bool:
    # Cc: control; Cs: half of a surrogate pair; Cn/Co are left alone (new emoji, private signs).
    return unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t"
