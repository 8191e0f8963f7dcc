"""What is said of clips and backends, in English.

Here they are marked only: `films/sentences.py` has them shown in each reader's language.
"""

from __future__ import annotations


def stored_sentence(source: str) -> str:
    """The same text, marked for the catalogues of translations (panic/catalogues.py)."""
    return source


EMPTY = stored_sentence("The file is empty.")
NOT_A_CLIP = stored_sentence("This is not a video: what came is %(phrase)s.")
NOT_TAKEN = stored_sentence(
    "This is %(phrase)s, which is not taken: convert it to MP4, MOV, WebM or Matroska first."
)
UNKNOWN = stored_sentence("This is not a video, nor any media that is known.")
NO_PICTURES = stored_sentence("There are no moving pictures in it, only sound.")
NO_STREAM = stored_sentence("There are no moving pictures in it.")
ONE_PICTURE = stored_sentence("It has only one picture, so nothing in it moves.")
CUT_SHORT = stored_sentence("The video is cut short: its end is missing.")
DAMAGED = stored_sentence("The video is damaged: it cannot be read to its end.")
ENCRYPTED = stored_sentence("The video is encrypted, so nothing of it can be shown.")
TOO_LARGE = stored_sentence(
    "The pictures are too large: %(width)s by %(height)s, and at most %(most)s megapixels are taken."
)
TOO_LONG = stored_sentence(
    "The clip is too long: it plays %(minutes)s minutes, and at most %(most)s are taken."
)
TOO_MANY = stored_sentence(
    "The video has too many pictures: %(count)s, and at most %(most)s are taken."
)
UNKNOWN_ENCODING = stored_sentence("The video is encoded in a way that is not known here.")
NO_SOUND = stored_sentence("There is no sound in it.")
DAMAGED_SOUND = stored_sentence("The sound is damaged: it cannot be read to its end.")
DAMAGED_IMAGE = stored_sentence("The image is damaged, or not an image that is known.")
NOT_A_CHUNK = stored_sentence("%(file)s is not a chunk of a clip: split the clip first.")
OUT_OF_ORDER = stored_sentence("The chunks do not follow each other: number %(wanted)s is missing.")
TWICE = stored_sentence("Two chunks have the number %(number)s.")
DIFFERENT = stored_sentence(
    "Chunk %(number)s differs from the first one: %(size)s at %(rate)s pictures in a second."
)
WRONG_COUNT = stored_sentence("Chunk %(number)s has %(found)s pictures where %(wanted)s should be.")
WRONG_PLACE = stored_sentence("Chunk %(number)s begins at picture %(found)s, not at %(wanted)s.")
NOT_LAST = stored_sentence("The last chunk is missing.")
TOO_LARGE_RESULT = stored_sentence("The result would be too large: %(width)s by %(height)s.")
INPUTS = stored_sentence("The operation %(operation)s takes %(wanted)s, and %(came)s came.")
NO_FILE = stored_sentence("The file %(file)s is not there.")
UNKNOWN_OPERATION = stored_sentence("There is no operation %(name)s.")
UNKNOWN_PARAMETER = stored_sentence("The operation %(operation)s has no parameter %(name)s.")
WRONG_VALUE = stored_sentence("The parameter %(name)s must be %(wanted)s.")
LISTS_DIFFER = stored_sentence(
    "The parameter %(name)s must have one value, or one for each of the %(count)s files."
)
TOO_LATE = stored_sentence("There is no picture at %(seconds)s seconds: the video ends before.")
FADE_TOO_LONG = stored_sentence("A picture must stand for longer than the cross-fade that ends it.")
ONLY_FADED = stored_sentence("The pictures only fade into each other: what moves was not followed.")
NEITHER = stored_sentence("Say what to take out of the clip: times, every or sound.")

CANCELLED = stored_sentence("The operation was cancelled.")
NO_ROOM = stored_sentence("There is no room left on the disk: free some space, then it can go on.")
STALLED = stored_sentence(
    "The backend %(backend)s gave no sign of life for %(seconds)s seconds and was ended."
)
TOO_SLOW = stored_sentence(
    "The backend %(backend)s was not done after %(seconds)s seconds and was ended."
)
OUT_OF_MEMORY = stored_sentence("The backend %(backend)s needs more memory than it may have.")
FAILED = stored_sentence("The backend %(backend)s failed: %(problem)s.")
ENDED = stored_sentence("The backend %(backend)s ended without a result (%(status)s).")
UNPROVEN = stored_sentence("what it wrote cannot be read back (%(problem)s)")
NO_BACKEND = stored_sentence("No backend of the operation %(operation)s could do it: %(sentence)s")
FELL_BACK = stored_sentence("The backend %(backend)s did not do it: %(sentence)s")
NO_WEIGHTS_BETWEEN = stored_sentence(
    "No weights for pictures in between are installed: run `make setup EXTRAS=films`."
)
NO_WEIGHTS_LARGER = stored_sentence(
    "No weights for larger pictures are installed: run `make setup EXTRAS=films`."
)
