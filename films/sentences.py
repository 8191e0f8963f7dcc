"""What is said of clips and films: stored in English, shown in each reader's language.

The sentences of `operations/` are sources too: they are marked there, and made known here.
"""

from __future__ import annotations

from lib.stored_sentences import stored_sentence
from operations import sentences as of_operations

NOT_INSPECTED = stored_sentence(
    "The clip cannot be read: looking at it takes too much time or memory."
)
CLIP_TOO_LONG = stored_sentence(
    "The clip is too long: it plays %(minutes)s minutes, and at most %(most)s are taken."
)
CLIP_GONE = stored_sentence("The clip is not on this machine any more: send it again.")


def sources_of_operations() -> dict[str, str]:
    """Every sentence that an operation may say, by its name there."""
    return {name: text for name, text in vars(of_operations).items() if name.isupper()}


for _source in sources_of_operations().values():
    stored_sentence(_source)
