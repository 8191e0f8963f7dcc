"""Replicate's wire format: a request to it, and the jobs it answers with, which are predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings

from . import web
from .errors import PlatformError, Refused, TimedOut, Unavailable

KEY = "REPLICATE_API_TOKEN"
ADDRESS = "https://api.replicate.com"
Prediction = Mapping[str, object]
BOOTING = "starting"
RUNNING = {BOOTING, "processing"}
ENDED = {"succeeded", "failed", "canceled", "aborted"}


BOOTED = "Booted by a request that was cancelled as soon as the model was there."


class Gone(Unavailable):
    """The provider knows no prediction of that id."""


def base() -> str:
    return settings.PLATFORM_URLS.get("REPLICATE_BASE_URL") or ADDRESS


async def send(
    credentials: Mapping[str, str],
    method: str,
    path: str,
    *,
    seconds: float = 15,
    body: object = None,
    **headers: str,
) -> web.Answer:
    """One request under `v1/`; underscores in the names of headers stand for dashes."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {credentials[KEY].strip()}"}
    sent |= {"Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{base()}/v1/{path}"
    return await web.send("Replicate", method, url, headers=sent, content=content, seconds=seconds)


def read(answer: web.Answer) -> Prediction:
    """The prediction in an answer, or the error the answer stands for."""
    if answer.status >= 300:
        raise web.error_in(answer, "Replicate", KEY)
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
