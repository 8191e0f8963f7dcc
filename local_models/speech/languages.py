"""How words are read in languages whose spelling says it: Spanish and Italian by rules of our own, Indonesian by
those of sanotts. Which language the words are in does not matter: they are read as somebody from there would.
"""

# ruff: noqa: RUF001 (signs of the phonetic alphabet)

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

ENGLISH = "en"
LANGUAGES = (ENGLISH, "es", "it", "id")
STRESS = "ˈ"
_VOWELS = "aeiouáéíóúàèìòùü"
_NUCLEUS = re.compile(f"[{_VOWELS}]+")
_WORDS = re.compile(r"[^\W\d_]+|\d|[^\w]+|_")
_ACCENTED = re.compile("[áéíóúàèìòù]")


@dataclass(frozen=True, slots=True)
class Spelling:
    """`rules` are tried in order at each letter; what none of them knows is silent."""

    rules: tuple[tuple[str, str], ...]
    digits: tuple[str, ...]
    last_stressed: (
        str  # words that end so are stressed on their last syllable, others on the one before
    )
    compiled: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        parts = "|".join(f"(?P<r{number}>{rule})" for number, (rule, _) in enumerate(self.rules))
        object.__setattr__(self, "compiled", re.compile(parts))

    def read_word(self, word: str) -> str:
        at = self._stressed(word)
        found = []
        for match in self.compiled.finditer(word):
            sound = self.rules[int(str(match.lastgroup)[1:])][1]
            found.append(STRESS + sound if match.start() == at else sound)
        return "".join(found)

    def _stressed(self, word: str) -> int:
        """Where the vowel is that carries the stress; -1 where there is no other."""
        if accented := _ACCENTED.search(word):
            return accented.start()
        nuclei = list(_NUCLEUS.finditer(word))
        if len(nuclei) < 2:
            return -1
        is_last = re.search(self.last_stressed, word) is not None
        chosen = nuclei[-1 if is_last else -2]
        return next(
            (at for at in range(chosen.start(), chosen.end()) if word[at] not in "iuü"),
            chosen.end() - 1,
        )


_PLAIN = (
    ("[aáà]", "a"), ("[eéè]", "e"), ("[iíì]", "i"), ("[oóò]", "o"), ("[uúùü]", "u"),
    ("b", "b"), ("d", "d"), ("f", "f"), ("k", "k"), ("l", "l"), ("m", "m"), ("n", "n"), ("p", "p"), ("t", "t"),
    ("w", "w"), ("x", "ks"),
)  # fmt: skip
SPANISH = Spelling(
    rules=(
        ("ch", "tʃ"), ("ll", "ʝ"), ("rr|^r|(?<=[nls])r", "r"), ("r", "ɾ"), ("qu(?=[eiéí])|q|k", "k"),
        ("gu(?=[eiéí])", "ɡ"), ("c(?=[eiéí])|z|s+", "s"), ("g(?=[eiéí])|j", "x"), ("g+", "ɡ"), ("c+", "k"),
        ("ñ", "ɲ"), ("v", "b"), ("y$", "i"), ("y", "ʝ"), ("i(?=[aeoáéó])", "j"), ("[uü](?=[aeoáéó])", "w"), *_PLAIN,
    ),
    digits=("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    last_stressed=r"[^aeiouns]$",
)  # fmt: skip
ITALIAN = Spelling(
    rules=(
        ("gli(?=[aeou])|gl(?=i)", "ʎ"), ("gn", "ɲ"), ("sci(?=[aou])|sc(?=[eièéì])", "ʃ"), ("c?ch|c?qu?(?![aeio])|k+", "k"),
        ("c?qu", "kw"), ("gh", "ɡ"), ("c?ci(?=[aou])|c?c(?=[eièéì])", "tʃ"), ("g?gi(?=[aou])|g?g(?=[eièéì])", "dʒ"),
        ("c+", "k"), ("g+", "ɡ"), ("z+", "ts"), ("(?<=[aeiou])s(?=[aeiou])", "z"), ("s+", "s"), ("r+", "r"),
        ("v+", "v"), ("j", "j"), ("y", "i"), ("i(?=[aeoàèò])", "j"), ("u(?=[aeioàèìò])", "w"),
        ("bb", "b"), ("dd", "d"), ("ff", "f"), ("ll", "l"), ("mm", "m"), ("nn", "n"), ("pp", "p"), ("tt", "t"), *_PLAIN,
    ),
    digits=("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    last_stressed=r"$^",
)  # fmt: skip
SPELLINGS = {"es": SPANISH, "it": ITALIAN}


def phonemes(text: str, language: str) -> str:
    """In the international alphabet; marks of sentences and spaces stay. Empty where nothing can be said."""
    if not any(sign.isalnum() for sign in text):
        return ""
    if language == "id":
        from sanotts.id_g2p import IdG2PError, phonemize_to_espeak_ipa

        try:
            said: str = phonemize_to_espeak_ipa(text)[0]
        except IdG2PError:
            return ""
        return said
    spelling = SPELLINGS[language]
    parts = _WORDS.findall(unicodedata.normalize("NFC", text).lower())
    return "".join(_read(part, spelling) for part in parts)


def _read(part: str, spelling: Spelling) -> str:
    if part.isdecimal():
        return f" {spelling.read_word(spelling.digits[int(part)])} "
    return spelling.read_word(part) if part[0].isalpha() else part
