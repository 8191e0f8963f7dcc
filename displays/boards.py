"""Boards: what people ask them to show, and how it gets there. What runs have them show: `displays.deliveries`.

A text is put into the board's row and sent by a worker, beside its steps: nothing of a run waits
for a board's maker. One request at a time and board, 15 seconds apart; the newest text wins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from invocations.engine.threads import Threads
from invocations.models import Invocation
from invocations.states import InvocationState
from lib.redaction import redact_provider_text
from lib.validation import Invalid
from platforms import http
from platforms.errors import PlatformError
from studio.tiles import alt_text

from . import deliveries, display_settings, vestaboard
from .models import Display
from .models.board import Board, CannotBeShown, Message
from .vestaboard import BoardSize

CLOUD_ADDRESS = "https://cloud.vestaboard.com"
ADDRESS = "https://rw.vestaboard.com"  # of keys made before there were tokens for the cloud
CLOUD_HEADER, HEADER = "X-Vestaboard-Token", "X-Vestaboard-Read-Write-Key"
KEY_REFUSED = {401, 403}
WAITED_FOR = {408, 409, 423, 425, 429}
BUSY = "Vestaboard takes no more messages for now."
REQUEST_SECONDS = 15.0
MAX_TEXT = 2_000
KEY = re.compile(r"[!-~]{1,300}")


# What they are asked


def add(*, owner: User, name: str, key: str = "", size: str = str(vestaboard.FLAGSHIP)) -> Board:
    """`size` as in 3x15: rows by columns. Without a key it is drawn in browsers alone. Raises Invalid."""
    found = _check(name=name, key=key or None, size=size)
    try:
        with transaction.atomic():
            made = Board.add(owner, name=name, key=key, size=found or vestaboard.FLAGSHIP)
            _draw_anew(deliveries.displays_of_board(made))
            return made
    except IntegrityError:
        raise _taken() from None


def change(
    board: Board, *, name: str | None = None, key: str | None = None, size: str | None = None
) -> Board:
    """The same board. Displays of it are drawn anew. Raises Invalid."""
    found = _check(name=name, key=key, size=size)
    try:
        with transaction.atomic():
            before = deliveries.displays_of_board(board)
            board.change(name=name, key=key, size=found)
            _draw_anew([*before, *deliveries.displays_of_board(board)])
    except IntegrityError:
        raise _taken() from None
    return board


def remove(board: Board) -> None:
    """With its key. Displays of it are drawn on."""
    with transaction.atomic():
        hung = deliveries.displays_of_board(board)
        board.delete()
        _draw_anew(hung)


def show(board: Board, text: str, *, at: datetime) -> Board:
    """The same board, with the text that waits. Raises Invalid."""
    if not board.has_key:
        raise Invalid({"text": _("This board has no key: there is no device to send it to.")})
    # NUL cannot be stored, half surrogates cannot be sent.
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    if len(text) > MAX_TEXT:
        holds = board.size.rows * board.size.columns
        raise Invalid(
            {
                "text": _("At most %(most)d characters; this board holds %(holds)d.")
                % {"most": MAX_TEXT, "holds": holds}
            }
        )
    try:
        board.put(text, at=at)
    except CannotBeShown as error:
        raise Invalid({"text": str(error)}) from None
    return board


def text_of_step(step: Invocation) -> str:
    """A step as a board can show it. A picture or a sound is its caption: the next text of its run,
    else the words it was made from."""
    if step.output_asset_id is None:
        return step.output_text
    later = step.run.invocations.filter(sequence__gt=step.sequence)
    completed = later.filter(state=InvocationState.COMPLETED, output_asset__isnull=True)
    text = completed.in_order().values_list("output_text", flat=True).first()
    return text or alt_text(step)


def _check(*, name: str | None, key: str | None, size: str | None) -> BoardSize | None:
    """The size in numbers. Raises Invalid."""
    errors, found = {}, None
    if name is not None and not display_settings.BOARD.fullmatch(name):
        errors["name"] = _("A board's name is 1 to 50 letters, digits, hyphens and underscores.")
    if key is not None and not KEY.fullmatch(key):
        errors["key"] = _("A key is one word, as the board's app shows it.")
    try:
        found = BoardSize.parse(size) if size is not None else None
    except ValueError:
        words = _(
            "Rows by columns: 6x22, or for Notes a multiple of 3 by a multiple of 15, such as 3x15 or 6x30; "
            "at most %(most)d Notes each way."
        )
        errors["size"] = words % {"most": vestaboard.MAX_NOTES}
    if errors:
        raise Invalid(errors)
    return found


def _draw_anew(displays: Sequence[Display]) -> None:
    """What they show may have another size now."""
    for installation in sorted({one.installation for one in displays}, key=lambda one: one.pk):
        installation.change()


def _taken() -> Invalid:
    return Invalid({"name": _("Another board has this name.")})


# How it gets there


async def send(pk: int, threads: Threads) -> None:
    """Send what waits for a board, if it is due and nobody else does."""
    message = await threads.in_database(lambda: Board.take(pk, at=timezone.now()))
    if message is None:
        return
    try:
        answer, by_cloud_api = await _post(message)
    except PlatformError as error:
        sentence = str(error)
        await threads.in_database(
            lambda: Board.note_later(message, sentence, seconds=0, at=timezone.now())
        )
    else:
        await threads.in_database(lambda: _note(message, answer, by_cloud_api))


async def _post(message: Message) -> tuple[http.Answer, bool]:
    """The maker's answer, and whether it came from the cloud interface.

    Nothing tells a token of the one from a key of the other, so the one that does not know it is followed
    by the other one. Notes are joined in the cloud only.
    """
    base = settings.PLATFORM_URLS.get("VESTABOARD_BASE_URL")
    joined = message.size.is_made_of_notes and message.size.notes != (1, 1)
    order = [True] if base or joined else [message.by_cloud_api, not message.by_cloud_api]
    for cloud in order:
        address = base or (CLOUD_ADDRESS if cloud else ADDRESS)
        answer = await http.send(
            "Vestaboard",
            "POST",
            f"{address}/",
            headers={
                CLOUD_HEADER: message.key,
                HEADER: message.key,
                "Content-Type": "application/json",
            },
            content=json.dumps(message.codes).encode(),
            seconds=REQUEST_SECONDS,
        )
        if answer.status not in KEY_REFUSED:
            break
    return answer, cloud


def _note(message: Message, answer: http.Answer, by_cloud_api: bool) -> None:
    at = timezone.now()
    said = redact_provider_text(answer.detail, [message.key])
    if _is_shown(answer):
        Board.note_shown(message, by_cloud_api=by_cloud_api, at=at)
        deliveries.replace_withdrawn(message, at=at)
    elif 200 <= answer.status < 300 and not answer.json():
        words = _("Something else than Vestaboard answered in its place.")
        Board.note_later(message, _with_words(words, said), seconds=0, at=at)
    elif answer.status in WAITED_FOR or answer.status >= 500:
        words = BUSY if answer.status in {429, 503} else f"Vestaboard answered {answer.status}."
        seconds = http.retry_after(answer) or 0
        Board.note_later(message, _with_words(words, said), seconds=seconds, at=at)
    elif answer.status in KEY_REFUSED:
        words = f"Vestaboard does not accept the key ({answer.status})."
        Board.note_refused(message, _with_words(words, said))
    else:
        Board.note_refused(message, _with_words(f"Vestaboard answered {answer.status}.", said))


def _is_shown(answer: http.Answer) -> bool:
    """Whether the board shows this text now: the maker says so, or that it was there already."""
    content = answer.json()
    if 200 <= answer.status < 300:
        return bool(content) and content.get("status") != "error" and not content.get("error")
    there = answer.status == 405 and "already" in answer.detail.lower()
    return answer.status == 304 or there


def _with_words(sentence: str, said: str) -> str:
    """Our sentence, and the maker's."""
    return f"{sentence[:-1]}: {said}" if said else sentence
