"""What is wrong with a piece of media: stored in English, shown in each reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from lib.stored_sentences import stored_sentence

DAMAGED = stored_sentence("The %(noun)s is damaged: it cannot be read to its end.")
TOO_LONG = stored_sentence("It plays too long: at most %(minutes)s minutes are kept.")
VIDEO_TOO_LARGE = stored_sentence("The video is too large: at most %(megapixels)s megapixels.")
IMAGE_TOO_LARGE = stored_sentence(
    "The image is too large: at most %(megapixels)s megapixels can be shown."
)
ANIMATION_TOO_LONG = stored_sentence("The animated image is too long to be shown.")
NOT_STORED = stored_sentence("Media cannot be stored at present: %(problem)s.")
STORAGE_STRANGE = stored_sentence(
    "Media cannot be stored at present: the storage does not answer as it should."
)
NO_ROOM = stored_sentence(
    "There is no room left to store media: free some space, then it can go on."
)
TOO_MANY_PIECES = stored_sentence("The file is made of too many pieces.")
JOINED_FROM_TOO_MANY = stored_sentence(
    "It was joined from too many pieces: at most %(most)s are taken."
)
DECODING_TOO_LONG = stored_sentence("The file takes too long to decode.")
CONVERTING_TOO_LONG = stored_sentence("The file takes too long to convert.")
COPYING_TOO_LONG = stored_sentence("The file takes too long to copy.")
NOT_ARRIVED = stored_sentence("The %(noun)s did not arrive within %(seconds)s seconds.")
NOT_FETCHED = stored_sentence("The %(noun)s cannot be fetched: %(sentence)s.")
REDIRECTED = stored_sentence("it is redirected too often")
BROKE_OFF = stored_sentence("its server broke off (%(error)s)")
NOT_FOUND = stored_sentence("%(host)s cannot be found")
DATA_DAMAGED = stored_sentence("its data: address is damaged")
EMPTY = stored_sentence("Nothing came where %(phrase)s was expected: the file is empty.")
UNKNOWN = stored_sentence("What came is not %(phrase)s, nor any media that is known.")
NOT_AN_IMAGE = stored_sentence("A sound or a video came where an image was expected.")
OTHER_KIND = stored_sentence("%(phrase)s came where %(wanted)s was expected.")
FILE_TOO_LARGE = stored_sentence(
    "The file is too large: %(phrase)s may have at most %(megabytes)s MB."
)
BEING_REMOVED = stored_sentence("The same media was being removed at this moment.")
KEPT_BACK = stored_sentence("It was kept back by the operator's check. %(sentence)s")
CHECK_FAILED = stored_sentence("The check failed (%(error)s).")
NOT_CONVERTED = stored_sentence("The %(noun)s cannot be turned into what browsers play.")
NOT_COPIED = stored_sentence("It cannot be copied.")
NOT_TAKEN = stored_sentence("%(format)s came, which is not taken: %(phrase)s may be %(formats)s.")

NOUNS = (gettext_noop("image"), gettext_noop("sound"), gettext_noop("video"))
PHRASES = (gettext_noop("an image"), gettext_noop("a sound"), gettext_noop("a video"))
FIRST_PHRASES = (gettext_noop("An image"), gettext_noop("A sound"), gettext_noop("A video"))
TOO_LONG_TO = {
    "decode": DECODING_TOO_LONG,
    "convert": CONVERTING_TOO_LONG,
    "copy": COPYING_TOO_LONG,
}
