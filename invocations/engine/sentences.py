"""Why a step or a run has ended, in the engine's words: stored in English, shown in each reader's language."""

from __future__ import annotations

from lib.stored_sentences import stored_sentence

UNEXPECTED = stored_sentence("Something unexpected went wrong (step %(step)s).")
OUTPUT_TOO_LATE = stored_sentence(
    "An output came after this try was given to another worker; it was not used."
)
KEY_UNREADABLE = stored_sentence("The key was encrypted with another SECRET_KEY.")
NO_ANSWER = stored_sentence("No answer came within %(seconds)s seconds.")
GAVE_NOTHING = stored_sentence("The model gave no %(modality)s.")
GAVE_EMPTY_TEXT = stored_sentence("The model gave an empty text.")
NOT_KEPT = stored_sentence(
    "What the model gave could not be kept. Media cannot be stored at present."
)
NOT_KEPT_BECAUSE = stored_sentence("What the model gave could not be kept. %(sentence)s")
MODEL_GONE = stored_sentence(
    "The model “%(model)s” does not exist any more; put another one into the ring."
)
QUARANTINED = stored_sentence(
    "This step lost its worker %(times)s times and was put in quarantine."
)
WARM_UP_STOPPED = stored_sentence("Everything was stopped meanwhile.")
NOT_WARM_IN_TIME = stored_sentence("It was not there within a quarter of an hour.")
WARM_UP_FAILED = stored_sentence("Something unexpected went wrong.")
MODEL_IS_GONE = stored_sentence("It does not exist any more.")
IS_HALTED = stored_sentence("Everything is stopped.")
NO_STEP = stored_sentence("The run was found without a step to go on with.")
