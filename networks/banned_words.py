"""Words that a prompt may not say, found whole, whatever their case and accents.

A word is found whole, never inside another one ("hell" is not in "shell"), whatever its capitals and
accents, and also with invisible characters between its letters. `kill*` means every word that begins so;
several words in a row are a phrase. Scripts that put no spaces between words (Chinese, Japanese,
Thai ...) are searched as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext

MAX_WORDS, MAX_LENGTH = 500, 100
# On Latin, Greek and Cyrillic letters; the points of Hebrew and Arabic
_ACCENT = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u0652]")
# Thai, Lao, Burmese, Khmer, Japanese, Chinese
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def find_in(text: str, banned: Iterable[str]) -> str | None:
    """The first of these words that is in `text`, as it is on the list, or None."""
    plain = f" {_simplified(text)} "
    return next((entry for entry in banned if _contains(plain, entry)), None)


def _contains(plain: str, entry: str) -> bool:
    wanted = _simplified(entry.rstrip("*"))
    if _UNSPACED.search(wanted):
        return wanted in plain
    end = "" if entry.endswith("*") else " "
    return bool(wanted) and f" {wanted}{end}" in plain


def _simplified(text: str) -> str:
    """Words in small letters with a space between, without accents and invisible characters."""
    decomposed = unicodedata.normalize("NFKD", text)
    chars = ("" if _is_ignored(char) else char if _is_of_word(char) else " " for char in decomposed)
    return " ".join("".join(chars).casefold().split())


def _is_ignored(char: str) -> bool:
    # Cf: joins, turns or hides. Marks of other scripts than these are no accents but vowels.
    return unicodedata.category(char) == "Cf" or bool(_ACCENT.match(char))


def _is_of_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")


def normalize(entries: Iterable[str]) -> list[str]:
    """Without surrounding space, empty ones and repetitions; in their order."""
    return list(dict.fromkeys(" ".join(entry.split()) for entry in entries if entry.strip()))


def problem(entries: list[str]) -> str:
    """What is wrong with a list of banned words, in a sentence; empty where nothing is."""
    if len(entries) > MAX_WORDS:
        return gettext("At most %(most)d words can be banned.") % {"most": MAX_WORDS}
    for entry in entries:
        if len(entry) > MAX_LENGTH:
            sentence = gettext("A banned word or phrase has at most %(most)d characters.")
            return sentence % {"most": MAX_LENGTH}
        if not _simplified(entry):
            return gettext("“%(word)s” is no word.") % {"word": entry}
    return ""
