"""Reading predictions, the jobs that Replicate's API and its like (Cog) are made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from . import web
from .errors import PlatformError, Refused, TimedOut, Unavailable

Prediction = Mapping[str, object]
RUNNING = {"starting", "processing"}
ENDED = {"succeeded", "failed", "canceled", "aborted"}


class Gone(Unavailable):
    """The provider knows no prediction of that id."""


def read(answer: web.Answer, key_setting: str) -> Prediction:
    """The prediction in an answer, or the error the answer stands for."""
    if answer.status >= 300:
        raise web.error_in(answer, "Replicate", key_setting)
    content = answer.json()
    if not content.get("id") or not content.get("status"):
        raise Unavailable("Replicate answered with something that is no prediction.")
    return content


def has_ended(prediction: Prediction) -> bool:
    """A status that did not exist when this was written has ended once it has a time of its end."""
    status = prediction["status"]
    return status in ENDED or (status not in RUNNING and bool(prediction.get("completed_at")))


def words(prediction: Prediction) -> str:
    """The last line of the model's log while it works, else the status, known or not."""
    lines = str(prediction.get("logs") or "").strip().splitlines()
    said = lines[-1].strip() if lines and prediction["status"] in RUNNING else prediction["status"]
    return str(said)[:80]


def failure(prediction: Prediction) -> PlatformError:
    """What a prediction that ended without success stands for."""
    status, said = prediction["status"], " ".join(str(prediction.get("error") or "").split())[:300]
    if web.is_sensitive(said):
        return Refused(f"The model declined: {said}", kind="sensitive")
    if status == "aborted":
        return TimedOut("Replicate could not begin before the deadline.")
    if status == "failed":
        return Unavailable(f"The model failed: {said or 'it did not say why'}")
    return Unavailable(f"The prediction ended as {str(status)[:40]!r} at Replicate. {said}".strip())
