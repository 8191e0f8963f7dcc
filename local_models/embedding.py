"""A prompt as a point in space: prompts that share words lie near each other.

Every word, pair of neighbours and triple of letters throws a fixed random vector, found by hashing,
into one sum; so does the sentence's rhythm, the little words alone, which an edit of a word that
matters leaves as it was. Nothing is learned and nothing is stored.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

SIZE = 64
WORDS = re.compile(r"\w+(?:['\u2019]\w+)?")
MAX_PROMPT = 4_000
PAIR_WEIGHT = 0.2
RHYTHM_WEIGHT = 0.5
LETTERS_WEIGHT = 0.45
# Words that say little of what is to be seen count little: two prompts do not look alike for having
# "the" and "of" in common.
FAINT = frozenset(
    (
        "a", "an", "the", "of", "in", "on", "at", "to", "by", "for", "from", "with", "and",
        "or", "but", "is", "are", "was", "were", "be", "been", "it", "its", "this", "that",
        "these", "those", "as", "into", "over", "under", "through", "his", "her", "their",
        "my", "your", "our", "i", "you", "he", "she", "they", "we", "who", "which", "there",
        "here", "some", "any", "no", "not", "so", "than", "then", "very", "up", "down",
        "out", "off",
    )
)  # fmt: skip
FAINT_WEIGHT = 0.35


def words_of(prompt: str) -> list[str]:
    """The prompt's words in order, folded; scripts without spaces are cut into single signs."""
    text = unicodedata.normalize("NFKC", prompt[:MAX_PROMPT]).casefold()
    found: list[str] = []
    for word in WORDS.findall(text):
        found.extend(word if not word.isascii() and len(word) > 16 else [word])
    return found or [sign for sign in text if not sign.isspace()]


def embed(prompt: str) -> Vector:
    """A vector of length one."""
    words = words_of(prompt)
    total = np.zeros(SIZE, np.float32)
    for word in words:
        total += weight_of(word) * _word(word)
    for first, second in pairwise(words):
        weight = PAIR_WEIGHT * weight_of(first) * weight_of(second)
        total += weight * random_vector(f"{first} {second}")
    for first, second in pairwise(["^", *(word for word in words if word in FAINT), "$"]):
        total += RHYTHM_WEIGHT * random_vector(f"{first} ... {second}")
    length = np.float32(np.linalg.norm(total))
    return total / length


def weight_of(word: str) -> float:
    return FAINT_WEIGHT if word in FAINT else 1.0


@lru_cache(maxsize=4096)
def _word(word: str) -> Vector:
    """The word's own direction, leaning towards words that are spelled alike."""
    framed = f"^{word}$"
    parts = [framed[i : i + 3] for i in range(len(framed) - 2)]
    letters = np.sum([random_vector(part) for part in parts], axis=0) / max(1.0, len(parts) ** 0.5)
    mixed: Vector = random_vector(word) + LETTERS_WEIGHT * letters
    return mixed / np.float32(np.linalg.norm(mixed))


def random_vector(text: str) -> Vector:
    """A fixed, nearly normal random vector of length about one, the same on every machine."""
    raw = hashlib.blake2b(text.encode(), digest_size=64).digest()
    more = hashlib.blake2b(text.encode(), digest_size=64, salt=b"more").digest()
    values = np.frombuffer(raw, np.uint8).astype(np.float32)
    values += np.frombuffer(more, np.uint8)
    scaled: Vector = (values - 255.0) / np.float32(104.5 * SIZE**0.5)
    return scaled


@cache
def projection(name: str, rows: int) -> NDArray[np.float32]:
    """A fixed random matrix that turns an embedding into `rows` numbers of variance about one."""
    seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")
    values = np.random.RandomState(seed).standard_normal((rows, SIZE))
    return values.astype(np.float32)


def project(vector: Vector, name: str, rows: int) -> Vector:
    return projection(name, rows) @ vector
