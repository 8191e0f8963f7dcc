"""What is said of clips and films: stored in English, shown in each reader's language.

The sentences of `operations/` are sources too: they are marked there, and made known here.
"""

from __future__ import annotations

from lib.stored_sentences import stored_sentence
from operations import sentences as of_operations

NOT_INSPECTED = stored_sentence(
    "The clip cannot be read: looking at it takes too much time or memory."
)
CLIP_GONE = stored_sentence("The clip is not on this machine any more: send it again.")

# Why a film is not made, or not yet
NOTHING_TO_SHOW = stored_sentence("There is nothing in this run that a film could show.")
FILM_TOO_LONG = stored_sentence(
    "The film would be %(minutes)s minutes long, and at most %(most)s are made: let it begin later, end "
    "earlier, or have pictures stand for less."
)
MEDIA_GONE = stored_sentence("An output of the run is not here any more.")
RUN_WITHDRAWN = stored_sentence("Its visitor has taken this run back, so no film is made of it.")
NO_ROOM = stored_sentence(
    "There is not enough room on the disk: the film needs about %(needed)s GB, and %(free)s are free."
)
OVER_BUDGET = stored_sentence(
    "The film needs about %(needed)s GB of room while it is made, and at most %(most)s are allowed."
)
FILM_TOO_LARGE = stored_sentence(
    "The film has taken more room than it may while it is made: %(most)s GB."
)
QUARANTINED = stored_sentence("A part of the film lost its worker %(times)s times.")
TIMED_OUT = stored_sentence("A worker did not finish a part of the film in time.")
UNEXPECTED = stored_sentence("Something unexpected went wrong (%(operation)s).")
NOT_STORED = stored_sentence("The finished film could not be kept. %(sentence)s")
TOO_MANY = stored_sentence(
    "There are %(most)s films of yours under way already: wait for one of them, or cancel it."
)


def sources_of_operations() -> dict[str, str]:
    """Every sentence that an operation may say, by its name there."""
    return {name: text for name, text in vars(of_operations).items() if name.isupper()}


for _source in sources_of_operations().values():
    stored_sentence(_source)
