"""Words that a network's curator does not want to hear, matched the way people mean it.

A word is found whole, never inside another one ("hell" is not in "shell"), whatever its capitals and
accents, and also with invisible signs between its letters. `kill*` means every word that begins so;
several words in a row are a phrase. Scripts that put no spaces between words (Chinese, Japanese,
Thai ...) are searched as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

WORDS_MOST, LONGEST = 500, 100
# On Latin, Greek and Cyrillic letters; the points of Hebrew and Arabic
_ACCENT = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u0652]")
# Thai, Lao, Burmese, Khmer, Japanese, Chinese
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def found_in(text: str, banned: Iterable[str]) -> str | None:
    """The first of these words that is said in `text`, as it was banned, or None."""
    plain = _plain(text)
    words = plain.split()
    for entry in banned:
        if _says(plain, words, entry):
            return entry
    return None


def _says(plain: str, words: list[str], entry: str) -> bool:
    wanted = _plain(entry.rstrip("*"))
    if _UNSPACED.search(wanted):
        return wanted in plain
    phrase = wanted.split()
    if not phrase:
        return False
    begins = entry.endswith("*")
    return any(
        _matches(words[at : at + len(phrase)], phrase, begins=begins)
        for at in range(len(words) - len(phrase) + 1)
    )


def _matches(said: list[str], phrase: list[str], *, begins: bool) -> bool:
    *before, last = phrase
    ends = said[-1].startswith(last) if begins else said[-1] == last
    return ends and said[:-1] == before


def _plain(text: str) -> str:
    """Words in small letters with a space between, without accents and signs that nobody sees."""
    taken_apart = unicodedata.normalize("NFKD", text)
    signs = ("" if _is_silent(sign) else sign if _is_of_word(sign) else " " for sign in taken_apart)
    return " ".join("".join(signs).casefold().split())


def _is_silent(sign: str) -> bool:
    # Cf: joins, turns or hides. Marks of other scripts than these are no accents but vowels.
    return unicodedata.category(sign) == "Cf" or bool(_ACCENT.match(sign))


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def tidy(entries: Iterable[str]) -> list[str]:
    """Without surrounding space, empty ones and repetitions; in their order."""
    return list(dict.fromkeys(" ".join(entry.split()) for entry in entries if entry.strip()))


def problem(entries: list[str]) -> str:
    """What is wrong with a list of banned words, in a sentence; empty where nothing is."""
    if len(entries) > WORDS_MOST:
        return f"At most {WORDS_MOST} words can be banned."
    for entry in entries:
        if len(entry) > LONGEST:
            return f"A banned word or phrase has at most {LONGEST} characters."
        if not _plain(entry):
            return f"“{entry}” is no word."
    return ""
