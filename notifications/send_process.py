"""`python -m notifications.send_process`: a process that sends one message by `apprise`, and ends.

It reads a line of JSON (`SendRequest`), gets everything ready, and answers `{"ready": true}` or `{"problem"}`. The line
"go" has it send; it answers `{"outcome", "problem", "status"}`. Without "go", and where whoever started it
has died before that, nothing is sent. What `apprise` logs stays here: it may repeat the address.

A process of its own, because `apprise` takes 40 MB that a worker would keep, waits where nobody can
interrupt it, and connects to whatever an address names (`notifications/sandbox.py`). No Django.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import sys
from typing import IO, TYPE_CHECKING, Any, TypedDict

from assets.addresses import is_public
from notifications.sandbox import Sandbox

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset
    from apprise.plugins import NotifyBase

CONNECT_SECONDS, READ_SECONDS = 10.0, 20.0
# After these the receiver may have got the message all the same.
_HIDDEN = re.compile(
    r"Read timed out|timed out$|Connection aborted|RemoteDisconnected|Connection broken"
    r"|Connection unexpectedly closed|reset by peer",
    re.IGNORECASE,
)
_NEVER_LEFT = re.compile(
    r"Connect ?Timeout|connect timeout|NewConnectionError|NameResolution", re.IGNORECASE
)
_STATUS = re.compile(r"error=(\d{3})\b")


class SendRequest(TypedDict):
    """`level`: a word of `notifications.occasions.Level`; `certificates`: files that TLS may need."""

    address: str
    title: str
    body: str
    level: str
    private_allowed: bool
    certificates: list[str]


class _LogReader(logging.Handler):
    """Keeps what is needed of what `apprise` logs, and nothing that repeats an address."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.status: int | None = None
        self.sent = 0
        self.hidden = False

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if found := _STATUS.search(text):
            self.status = int(found[1])
        if record.levelno == logging.INFO and text.startswith("Sent "):
            self.sent += 1
        if text.startswith("Socket Exception") and not _NEVER_LEFT.search(text):
            self.hidden = self.hidden or bool(_HIDDEN.search(text.strip()))


def main(source: IO[str], target: IO[str]) -> None:
    def answer(**content: object) -> None:
        target.write(json.dumps(content) + "\n")
        target.flush()

    request: SendRequest = json.loads(source.readline())
    sandbox = Sandbox(private_allowed=request["private_allowed"], readable=request["certificates"])
    sandbox.enter()
    log = _LogReader()
    sender = _prepare(request["address"], log)
    if sender is None:
        return answer(problem="not-understood")
    if not request["private_allowed"] and _is_private(sender.services[0]):
        return answer(problem="private")
    answer(ready=True)
    if source.readline() != "go\n":
        return None
    try:
        succeeded = _send(sender, request)
    except Exception:
        return answer(outcome="uncertain", problem="unknown", status=None)
    return answer(**_judge(succeeded, log, sandbox))


def _prepare(address: str, log: _LogReader) -> Apprise | None:
    import apprise

    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [log], False
    logger.setLevel(logging.DEBUG)
    sender = apprise.Apprise(asset=_asset())
    # `add` answers False where it does not understand the address, and says no more.
    if not sender.add(address) or len(sender.services) != 1:
        return None
    service = sender.services[0]
    service.socket_connect_timeout, service.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    return sender


def _asset() -> AppriseAsset:
    from apprise import AppriseAsset

    # Its pictures lie on a server of its maker's; nothing is kept on the disk.
    return AppriseAsset(
        app_id="PANIC!",
        app_desc="PANIC!",
        app_url="",
        image_url_mask="",
        image_path_mask="",
        image_url_logo="",
        async_mode=False,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
    )


def _is_private(service: NotifyBase) -> bool:
    """Whether a name of it leads to this machine or its network; one that is not found may be later."""
    host = service.host or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
    except (OSError, UnicodeError):
        return False
    return not all(is_public(str(entry[4][0])) for entry in found)


def _send(sender: Apprise, request: SendRequest) -> bool:
    from apprise import NotifyFormat, NotifyType

    # The answer is an object that equals neither True nor False: only its truth may be asked for.
    return bool(
        sender.notify(
            body=request["body"],
            title=request["title"],
            notify_type=NotifyType(request["level"]),
            body_format=NotifyFormat.TEXT,
        )
    )


def _judge(succeeded: bool, log: _LogReader, sandbox: Sandbox) -> dict[str, Any]:
    """`outcome`: sent; failed, when nobody got it; uncertain, when somebody may have."""
    if succeeded:
        return {"outcome": "sent", "problem": "", "status": None}
    if log.sent:
        return {"outcome": "sent", "problem": "partly", "status": log.status}
    if sandbox.refused_address:
        return {"outcome": "failed", "problem": "private", "status": None}
    if log.hidden:
        return {"outcome": "uncertain", "problem": "no-answer", "status": None}
    problem = "refused" if log.status else "unreachable"
    return {"outcome": "failed", "problem": problem, "status": log.status}


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
