"""The calls of the worker API, and what they answer.

Every call raises ServerAway and SecretRefused (`connection`), and CallRefused for any other status than
those that it names. A call about an attempt raises StaleAttempt for status 409.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .connection import TIMEOUT_SECONDS, FilePart, ServerAnswer, ServerConnection
from .failures import CallRefused, ServerAway, StaleAttempt

ROOT = "/api/farm/v1"
CLAIM_WAIT_SECONDS = 25
LOG_GAP = "log_gap"
NETWORK_SECONDS = 20.0  # that a claim may take beyond its wait


@dataclass(frozen=True, slots=True)
class InputReference:
    """One input as the server names it: a text, or a file to fetch from `url`."""

    type: str
    text: str = ""
    sha256: str = ""
    url: str = ""
    bytes: int = 0
    content_type: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InputReference:
        return cls(
            type=str(data["type"]),
            text=str(data.get("text") or ""),
            sha256=str(data.get("sha256") or ""),
            url=str(data.get("url") or ""),
            bytes=int(data.get("bytes") or 0),
            content_type=str(data.get("content_type") or ""),
        )


@dataclass(frozen=True, slots=True)
class GivenWork:
    """Work that the server gave this worker for as long as it renews the lease."""

    token: str
    model: str  # or the operation
    is_operation: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[InputReference] = ()
    deadline_seconds: float = 0.0  # 0: none
    batch: str = ""  # the same for those that are to be done in one go

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GivenWork:
        return cls(
            token=str(data["token"]),
            model=_name_of_model(str(data["model"])),
            is_operation=data.get("kind") == "operation",
            parameters=dict(data.get("parameters") or {}),
            inputs=tuple(InputReference.from_json(one) for one in data.get("inputs") or ()),
            deadline_seconds=float(data.get("deadline_seconds") or 0.0),
            batch=str(data.get("batch") or ""),
        )


@dataclass(frozen=True, slots=True)
class SignedOn:
    """What the server wants of a worker that has signed on."""

    status: str
    renew_seconds: float
    idle_seconds: float
    gives_next: bool = False  # the answer to a finish may bring the next work
    hears_trouble: bool = False  # a claim may say why no work can be begun


@dataclass(frozen=True, slots=True)
class Claimed:
    """Work, or a status to take first, or nothing for now."""

    assignments: Sequence[GivenWork] = ()
    requested_status: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class BlobState:
    """What the server has of a blob: all of it, or its first bytes."""

    is_known: bool
    offset: int = 0


class FarmApi:
    """The worker API through one connection."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    @property
    def connection(self) -> ServerConnection:
        return self._connection

    def enrol(self, body: Mapping[str, object]) -> tuple[str, str]:
        """The worker's id and secret."""
        fields = _expect(self._post("enrol", body), 201, 200).fields
        if not isinstance(fields.get("secret"), str):
            raise ServerAway(f"{self._connection.server} answers, but is no PANIC! server.")
        return str(fields["id"]), fields["secret"]

    def sign_on(self, body: Mapping[str, object]) -> SignedOn:
        fields = _expect(self._post("sign-on", body), 200).fields
        try:
            return SignedOn(
                status=str(fields["status"]),
                renew_seconds=float(fields["renew_seconds"]),
                idle_seconds=float(fields["idle_seconds"]),
                gives_next=fields.get("gives_next") is True,
                hears_trouble=fields.get("hears_trouble") is True,
            )
        except (KeyError, TypeError, ValueError):
            raise ServerAway(f"{self._connection.server} answers, but not as PANIC!.") from None

    def claim(self, slots: int, holding: Sequence[str] = (), trouble: str = "") -> Claimed:
        """`slots` counts those that are taken as well; `holding` is what they do, so that the call
        waits for more than that. What else the server thinks they hold is answered again. `trouble`: why
        no more can be begun, which is answered at once."""
        wait_seconds = 0 if trouble else CLAIM_WAIT_SECONDS
        body: dict[str, object] = {"slots": slots, "wait_seconds": wait_seconds}
        if trouble:
            body["trouble"] = trouble
        if holding:
            body["holding"] = list(holding)
        answer = self._post("claim", body, timeout=wait_seconds + NETWORK_SECONDS)
        if answer.status == 204:
            return Claimed(retry_after=answer.retry_after)
        if answer.status == 423:
            status = str(answer.fields.get("requested_status") or "asleep")
            return Claimed(requested_status=status, retry_after=answer.retry_after)
        try:
            return Claimed(_given_work(_expect(answer, 200).fields["assignments"]))
        except (KeyError, TypeError, ValueError):
            raise ServerAway(f"{self._connection.server} answers, but not as PANIC!.") from None

    def renew(self, token: str, body: Mapping[str, object]) -> tuple[bool, str]:
        """Whether to go on, and why not."""
        fields = _of_attempt(self._post(_attempt(token, "renew"), body), 200).fields
        return fields.get("go_on") is not False, str(fields.get("reason") or "")

    def send_log(self, token: str, body: Mapping[str, object]) -> None:
        """Where the server misses what came before, the part is joined to what it has."""
        answer = self._post(_attempt(token, "log"), body)
        if answer.status == 409 and answer.fields.get("code") == LOG_GAP:
            body = {**body, "offset": answer.fields.get("expected", 0)}
            answer = self._post(_attempt(token, "log"), body)
        _of_attempt(answer, 200, 201, 202, 204)

    def finish(
        self, token: str, body: Mapping[str, object], *, takes_next: bool = False
    ) -> Sequence[GivenWork]:
        """What the server gives at once, where the worker takes the next step. What cannot be read of it
        comes with the next claim."""
        if takes_next:
            body = {**body, "takes_next": True}
        answer = _of_attempt(self._post(_attempt(token, "finish"), body), 200)
        try:
            return _given_work(answer.fields.get("assignments") or ())
        except (KeyError, TypeError, ValueError):
            return ()

    def put_preview(self, token: str, content: bytes, content_type: str) -> None:
        url, headers = f"{ROOT}/{_attempt(token, 'preview')}", {"Content-Type": content_type}
        answer = self._connection.request("PUT", url, body=content, headers=headers)
        _of_attempt(answer, 202)

    def sign_off(self, timeout: float) -> None:
        _expect(self._post("sign-off", {}, timeout=timeout), 200, 204)

    def blob_state(self, sha256: str) -> BlobState:
        """Asked before an upload: how much of it can be left out."""
        answer = self._connection.request("HEAD", f"{ROOT}/blobs/{sha256}")
        if answer.status in (200, 208):
            return BlobState(is_known=True)
        if answer.status == 404:
            return BlobState(is_known=False, offset=offset_of_answer(answer))
        raise _refusal(answer)

    def put_blob(self, sha256: str, path: Path, content_type: str, offset: int) -> ServerAnswer:
        """The content from `offset` on; any status, for the caller to judge."""
        size = path.stat().st_size
        headers = {"Content-Type": content_type}
        if offset:
            headers["Content-Range"] = f"bytes {offset}-{size - 1}/{size}"
        url = f"{ROOT}/blobs/{sha256}"
        return self._connection.request("PUT", url, body=FilePart(path, offset), headers=headers)

    def _post(
        self, call: str, body: Mapping[str, object], timeout: float = TIMEOUT_SECONDS
    ) -> ServerAnswer:
        return self._connection.request("POST", f"{ROOT}/{call}", body=body, timeout=timeout)


def offset_of_answer(answer: ServerAnswer) -> int:
    """How many bytes of a blob the server holds: `Upload-Offset: 5`, or `Range: bytes=0-4`."""
    if (text := str(answer.headers.get("Upload-Offset", ""))).isdecimal():
        return int(text)
    found = re.fullmatch(r"bytes[= ]0-(\d+)(/.*)?", str(answer.headers.get("Range", "")))
    return int(found[1]) + 1 if found else 0


def _given_work(found: Sequence[Mapping[str, Any]]) -> Sequence[GivenWork]:
    return tuple(GivenWork.from_json(one) for one in found)


def _name_of_model(model: str) -> str:
    """The offer's name in `name`, `farm:name` or `farm:name@worker`."""
    return model.removeprefix("farm:").partition("@")[0]


def _attempt(token: str, call: str) -> str:
    return f"attempts/{quote(token, safe='')}/{call}"


def _expect(answer: ServerAnswer, *statuses: int) -> ServerAnswer:
    if answer.status not in statuses:
        raise _refusal(answer)
    return answer


def _of_attempt(answer: ServerAnswer, *statuses: int) -> ServerAnswer:
    code = str(answer.fields.get("code") or "stale")
    if answer.status == 409 and code != LOG_GAP:
        raise StaleAttempt(409, code, answer.sentence)
    return _expect(answer, *statuses)


def _refusal(answer: ServerAnswer) -> CallRefused:
    return CallRefused(answer.status, str(answer.fields.get("code") or ""), answer.sentence)
