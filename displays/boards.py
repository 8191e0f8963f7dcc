"""Boards: what they are asked to show, and how it gets there.

A text is put into the board's row and sent by a worker, beside its steps: nothing of a run waits
for a board. One request at a time and board, 15 seconds apart; the newest text wins.
"""

from __future__ import annotations

import json
import re
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from invocations.engine.calls import Desk
from invocations.models import Invocation
from invocations.states import InvocationState
from invocations.tiles import alt_text
from networks.fields import Invalid
from platforms import web
from platforms.errors import PlatformError

from . import fields, vestaboard
from .board import Board, CannotBeShown, Message

ADDRESS = "https://rw.vestaboard.com"
HEADER = "X-Vestaboard-Read-Write-Key"
REQUEST_SECONDS = 15.0
TEXT_MOST = 2_000
KEY = re.compile(r"[!-~]{1,300}")


# What they are asked


def add(*, owner: User, name: str, key: str) -> Board:
    """Raises Invalid."""
    _check(name=name, key=key)
    try:
        with transaction.atomic():
            return Board.add(owner, name=name, key=key)
    except IntegrityError:
        raise _taken() from None


def change(board: Board, *, name: str | None = None, key: str | None = None) -> None:
    """Raises Invalid."""
    _check(name=name, key=key)
    try:
        with transaction.atomic():
            board.change(name=name, key=key)
    except IntegrityError:
        raise _taken() from None


def show(board: Board, text: str, *, at: datetime) -> None:
    """Raises Invalid."""
    # NUL cannot be stored, half surrogates cannot be sent.
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    if len(text) > TEXT_MOST:
        raise Invalid({"text": f"At most {TEXT_MOST:,} characters; a board holds 132."})
    try:
        board.put(text, at=at)
    except CannotBeShown as error:
        raise Invalid({"text": str(error)}) from None


def words_of(step: Invocation) -> str:
    """A step as a board can show it. A picture or a sound is its caption: the next text of its run,
    else the words it was made from."""
    if step.output_asset_id is None:
        return step.output_text
    later = step.run.invocations.filter(sequence__gt=step.sequence)
    told = later.filter(state=InvocationState.COMPLETED, output_asset__isnull=True)
    text = told.in_order().values_list("output_text", flat=True).first()
    return text or alt_text(step)


def _check(*, name: str | None, key: str | None) -> None:
    errors = {}
    if name is not None and not fields.BOARD.fullmatch(name):
        errors["name"] = "A board's name is 1 to 50 letters, digits, hyphens and underscores."
    if key is not None and not KEY.fullmatch(key):
        errors["key"] = "A key is one word, as the board's app shows it."
    if errors:
        raise Invalid(errors)


def _taken() -> Invalid:
    return Invalid({"name": "Another board has this name."})


# How it gets there


async def send(pk: int, desk: Desk) -> None:
    """Send what waits for a board, if it is due and nobody else does."""
    message = await desk.in_database(lambda: Board.take(pk, at=timezone.now()))
    if message is None:
        return
    try:
        answer = await _post(message)
    except PlatformError as error:
        sentence = str(error)
        await desk.in_database(
            lambda: Board.note_later(message, sentence, seconds=0, at=timezone.now())
        )
    else:
        await desk.in_database(lambda: _note(message, answer))


async def _post(message: Message) -> web.Answer:
    base = settings.PLATFORM_URLS.get("VESTABOARD_BASE_URL") or ADDRESS
    return await web.send(
        "Vestaboard",
        "POST",
        f"{base}/",
        headers={HEADER: message.key, "Content-Type": "application/json"},
        content=json.dumps(vestaboard.codes(message.rows)).encode(),
        seconds=REQUEST_SECONDS,
    )


def _note(message: Message, answer: web.Answer) -> None:
    at = timezone.now()
    if 200 <= answer.status < 300 or answer.status == 304:  # 304: this very text is there already
        Board.note_shown(message, at=at)
    elif answer.status == 429 or answer.status >= 500:
        busy = answer.status in {429, 503}
        words = "Vestaboard takes no more messages for now." if busy else _said(answer)
        Board.note_later(message, words, seconds=web.retry_after(answer) or 0, at=at)
    elif answer.status in {401, 403}:
        Board.note_refused(message, f"Vestaboard does not accept the key ({answer.status}).")
    else:
        Board.note_refused(message, _said(answer))


def _said(answer: web.Answer) -> str:
    return f"Vestaboard answered {answer.status}" + (f": {answer.detail}" if answer.detail else ".")
