"""Sending one message, in two parts: everything that can be found out before, and the sending itself.

Between them the caller writes down that it begins, so that a worker's death before it leaves no doubt.
An address of `apprise` is sent to from a process of its own (`notifications/send_process.py`), which is given
the address by its standard input; an owner's e-mail goes the way of all mail of this installation.
"""

from __future__ import annotations

import json
import os
import select
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

from django.conf import settings
from django.core.mail import EmailMessage

from .models import DeliveryReport, DeliveryState, PendingMessage
from .send_process import SendRequest
from .texts import MessageText

PREPARE_SECONDS, SEND_SECONDS = 20.0, 60.0  # together less than the lease of a delivery
_COMMAND = [sys.executable, "-B", "-m", "notifications.send_process"]


class PreparedMessage(Protocol):
    """A message that only has to be sent; `discard` is for those that are not."""

    def send(self) -> DeliveryReport: ...

    def discard(self) -> None: ...


Prepare = Callable[[PendingMessage, MessageText], PreparedMessage | DeliveryReport]


def prepare(message: PendingMessage, text: MessageText) -> PreparedMessage | DeliveryReport:
    """Up to `PREPARE_SECONDS`. A report: it cannot be sent, and nothing was."""
    if message.own_email:
        if not settings.EMAIL_URL:
            return DeliveryReport(DeliveryState.FAILED, "no-mail")
        return _PreparedMail(message.own_email, text)
    if message.address is None:
        return DeliveryReport(DeliveryState.FAILED, "unreadable")
    return prepare_address(message.address, text, private_allowed=message.private_allowed)


def prepare_address(
    address: str, text: MessageText, *, private_allowed: bool
) -> PreparedMessage | DeliveryReport:
    process = _SendProcess()
    request: SendRequest = {
        "address": address,
        "title": text.title,
        "body": text.body,
        "level": text.level.value,
        "private_allowed": private_allowed,
        "certificates": list(settings.CERTIFICATE_FILES.values()),
    }
    answer = process.ask(json.dumps(request), seconds=PREPARE_SECONDS)
    if answer is not None and answer.get("ready"):
        return process
    process.discard()
    problem = str(answer.get("problem", "crashed")) if answer else "crashed"
    return DeliveryReport(DeliveryState.FAILED, problem)


class _SendProcess:
    """The process, with its message."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            _COMMAND,
            cwd=settings.BASE_DIR,
            env={**settings.SEND_ENVIRONMENT, "HOME": "/nonexistent", "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may repeat the address
            bufsize=0,
        )

    def ask(self, line: str, *, seconds: float) -> dict[str, Any] | None:
        """Its answer, or None where it gave none in time, or is gone."""
        stdin, stdout = self._pipes
        try:
            stdin.write(line.encode() + b"\n")
        except OSError:
            return None
        received, until = b"", time.monotonic() + seconds
        while not received.endswith(b"\n"):
            ready = select.select([stdout], [], [], max(0.0, until - time.monotonic()))[0]
            piece = os.read(stdout.fileno(), 65_536) if ready else b""
            if not piece:
                return None
            received += piece
        return cast("dict[str, Any]", json.loads(received))

    def send(self) -> DeliveryReport:
        answer = self.ask("go", seconds=SEND_SECONDS)
        ended = self._process.poll() is not None
        self.discard()
        if answer is None:
            return DeliveryReport(DeliveryState.UNCERTAIN, "unknown" if ended else "too-long")
        return DeliveryReport(
            DeliveryState(answer["outcome"]), str(answer["problem"]), answer["status"]
        )

    def discard(self) -> None:
        self._process.kill()
        for pipe in self._pipes:
            pipe.close()
        self._process.wait()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        return cast("tuple[IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout))


@dataclass(frozen=True, slots=True)
class _PreparedMail:
    to: str
    text: MessageText

    def send(self) -> DeliveryReport:
        mail = EmailMessage(subject=self.text.title, body=self.text.body, to=[self.to])
        try:
            mail.send()
        except smtplib.SMTPResponseException as error:
            return DeliveryReport(DeliveryState.FAILED, "refused", error.smtp_code)
        except smtplib.SMTPRecipientsRefused:
            return DeliveryReport(DeliveryState.FAILED, "refused")
        except (smtplib.SMTPServerDisconnected, TimeoutError):
            return DeliveryReport(DeliveryState.UNCERTAIN, "no-answer")
        except (OSError, smtplib.SMTPException):
            return DeliveryReport(DeliveryState.FAILED, "unreachable")
        return DeliveryReport(DeliveryState.SENT)

    def discard(self) -> None:
        pass
