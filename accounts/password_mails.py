"""Mails with a link to set a password, for those who have forgotten theirs.

Anybody may ask for one, for any address. So the link leads to PUBLIC_URL and not to the host that a
request names; each account gets few; and one thread sends them all, beside the answers: a mail takes
seconds, and would tell by them who has an account.
"""

from __future__ import annotations

import logging
from queue import Full, Queue
from threading import Lock, Thread

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts import members
from accounts.models import User

logger = logging.getLogger(__name__)

MAX_WAITING = 50
PAUSE_SECONDS = 300  # between two mails to one account


class MailSender:
    """Sends mails one after the other, in a thread that starts with the first one."""

    def __init__(self, max_waiting: int) -> None:
        self._waiting: Queue[EmailMessage] = Queue(max_waiting)
        self._lock = Lock()
        self._thread: Thread | None = None

    def send(self, message: EmailMessage) -> None:
        """Raises `queue.Full` where too many wait already."""
        self._waiting.put_nowait(message)
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._send_all, name="mail", daemon=True)
                self._thread.start()

    def wait_until_idle(self) -> None:
        """Until every mail was sent, or has failed."""
        self._waiting.join()

    def _send_all(self) -> None:
        while True:
            message = self._waiting.get()
            try:
                message.send()
            except Exception:  # a border: nobody waits for it
                logger.exception("A link to set a password could not be sent.")
            finally:
                self._waiting.task_done()


sender = MailSender(MAX_WAITING)


def can_mail() -> bool:
    """Whether links are mailed: there is a way to send them, and an address that they lead to."""
    return bool(settings.EMAIL_URL and settings.PUBLIC_URL)


def send_link(email: str) -> None:
    """To whoever has an account with this address, whatever its capitals.

    Does the same for an address that nobody has, except sending, so that neither the answer nor its
    time tells who has an account.
    """
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    message = _message(user or User(email=email))
    key = f"password-mail:{user.pk if user else 0}"
    if user is None:
        cache.get(key)
        return
    if not cache.add(key, True, PAUSE_SECONDS):
        return
    try:
        sender.send(message)
    except Full:
        cache.delete(key)
        logger.warning("Too many mails wait: a link to set a password was not sent.")


def _message(reader: User) -> EmailMessage:
    context = {"user": reader, "link": f"{settings.PUBLIC_URL}{members.link_path(reader)}"}
    return EmailMessage(
        render_to_string("accounts/forgotten_subject.txt", context).strip(),
        render_to_string("accounts/forgotten_mail.txt", context),
        to=[reader.email],
    )
