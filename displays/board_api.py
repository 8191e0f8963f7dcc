"""Split-flap boards over HTTP."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from accounts.api_auth import ApiRequest, NotSignedIn
from accounts.models import User
from invocations.models import Invocation
from networks import access
from networks.fields import Invalid
from networks.paging import Page, Paging, newest_first
from networks.schemas import Given

from . import boards, vestaboard
from .board import Board

routes = Router(tags=["boards"])
_ONE = "/boards/{slug:board_id}"


class BoardChange(Given):
    """What can be changed of a board. The key is never shown."""

    name: str = Field("", max_length=200)
    key: str = Field("", max_length=1_000)


class BoardIn(BoardChange):
    """A new board: its Read / Write key, from the maker's app."""

    name: str = Field(max_length=200)
    key: str = Field(max_length=1_000)


class BoardMessage(Given):
    """What it is to show: a text, or a step, of which a picture becomes its caption."""

    text: str | None = Field(None, max_length=20_000)
    invocation: str | None = Field(None, max_length=40)


class BoardOut(BaseModel):
    """A board. `rows` is what it shows, or will when its turn has come."""

    id: str
    name: str
    owner: str
    state: str
    rows: list[str]
    waiting: str | None
    due_at: datetime | None
    shown: str | None
    shown_at: datetime | None
    problem: str | None
    created_at: datetime

    @classmethod
    def of(cls, board: Board) -> BoardOut:
        return cls(
            id=board.public_id,
            name=board.name,
            owner=board.owner.email,
            state=board.state,
            rows=vestaboard.fit(board.waiting or board.shown),
            waiting=board.waiting or None,
            due_at=board.due_at,
            shown=board.shown or None,
            shown_at=board.shown_at,
            problem=board.problem or None,
            created_at=board.created_at,
        )


@routes.get("/boards", response=Page[BoardOut])
def list_boards(request: ApiRequest, paging: Query[Paging]) -> Page[BoardOut]:
    """One's own; all for an admin. The newest first."""
    rows = Board.objects.known_to(_person(request)).select_related("owner")
    page, following = newest_first(rows, paging)
    return Page[BoardOut](items=[BoardOut.of(board) for board in page], next=following)


@routes.post("/boards", response={201: BoardOut})
def add_board(request: ApiRequest, body: BoardIn) -> Status[BoardOut]:
    made = boards.add(owner=_person(request), name=body.name, key=body.key)
    return Status(201, BoardOut.of(made))


@routes.get(_ONE, response=BoardOut)
def get_board(request: ApiRequest, board_id: str) -> BoardOut:
    return BoardOut.of(_board(request, board_id))


@routes.patch(_ONE, response=BoardOut)
def change_board(request: ApiRequest, board_id: str, body: BoardChange) -> BoardOut:
    board = _board(request, board_id)
    boards.change(board, **body.model_dump(exclude_unset=True))
    return BoardOut.of(board)


@routes.delete(_ONE, response={204: None})
def remove_board(request: ApiRequest, board_id: str) -> Status[None]:
    _board(request, board_id).delete()
    return Status(204, None)


@routes.post(_ONE + "/messages", response={202: BoardOut})
def show_on_board(request: ApiRequest, board_id: str, body: BoardMessage) -> Status[BoardOut]:
    """It takes the place of whatever waits, and is sent as soon as the board may be asked again."""
    board = _board(request, board_id)
    boards.show(board, _text(request, body), at=timezone.now())
    return Status(202, BoardOut.of(board))


def _text(request: ApiRequest, body: BoardMessage) -> str:
    if (body.text is None) == (body.invocation is None):
        raise Invalid({"text": "Either a `text`, or the id of an `invocation`."})
    if body.text is not None:
        return body.text
    seen = Invocation.objects.visible_to(request.auth.person).select_related("run")
    step = seen.filter(public_id=body.invocation).first()
    if step is None:
        raise Invalid({"invocation": "There is no such step."})
    return boards.words_of(step)


def _person(request: ApiRequest) -> User:
    if request.auth.user is None:
        if request.auth.guest_of is not None:
            raise access.refused(request.auth, "")
        raise NotSignedIn("Boards are shown to those they belong to.")
    return request.auth.user


def _board(request: ApiRequest, public_id: str) -> Board:
    found = Board.objects.known_to(_person(request)).select_related("owner")
    board = found.filter(public_id=public_id).first()
    if board is None:
        raise Http404("There is no such board.")
    return board
