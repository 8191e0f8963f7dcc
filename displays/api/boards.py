"""Split-flap boards over HTTP."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest, NotSignedIn
from accounts.models import User
from displays import boards, vestaboard
from displays.models.board import Board
from invocations.models import Invocation
from lib.paging import Page, Paging, newest_first
from lib.problems import first_or_404
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid

routes = Router(tags=["boards"])
_ONE = "/boards/{slug:board_id}"
SIZE = str(vestaboard.FLAGSHIP)
SIZE_DESCRIPTION = (
    "Rows by columns: 6x22 for a Vestaboard, 3x15 for a Note, multiples of it for Notes that are joined "
    "in the maker's app."
)


class BoardChange(StrictSchema):
    """What can be changed of a board. The key is never shown."""

    model_config = example({"name": "panic_2"})

    name: str = Field("", max_length=200)
    key: str = Field("", max_length=1_000)
    size: str = Field(SIZE, max_length=20, description=SIZE_DESCRIPTION)


class BoardIn(BoardChange):
    """A new board: its key or token, from the maker's app. Without one there is no device, and it is only
    drawn in browsers."""

    model_config = example({"name": "panic_1", "key": "Mz4+Qn9y", "size": "3x15"})

    name: str = Field(max_length=200)


class BoardMessage(StrictSchema):
    """What it is to show: a text, or a step, of which a picture becomes its caption."""

    model_config = example({"text": "a lighthouse that counts"})

    text: str | None = Field(None, max_length=20_000)
    invocation: str | None = Field(None, max_length=40)


class BoardOut(BaseModel):
    """A board. `rows` is what it shows, or will when its turn has come."""

    model_config = example(
        {
            "id": "b3Xk8sVt5Yw2",
            "name": "panic_1",
            "owner": "alice@example.org",
            "size": "6x22",
            "state": "quiet",
            "drawn_only": False,
            "rows": [
                " " * 22,
                " " * 22,
                "   A LIGHTHOUSE THAT  ",
                "        COUNTS        ",
                " " * 22,
                " " * 22,
            ],
            "waiting": None,
            "due_at": None,
            "shown": "a lighthouse that counts",
            "shown_at": "2026-11-28T19:30:04Z",
            "problem": None,
            "created_at": "2026-11-28T19:30:00Z",
        }
    )

    id: str
    name: str
    owner: str
    size: str
    state: str
    drawn_only: bool
    rows: list[str]
    waiting: str | None
    due_at: datetime | None
    shown: str | None
    shown_at: datetime | None
    problem: str | None
    created_at: datetime

    @classmethod
    def from_board(cls, board: Board) -> BoardOut:
        return cls(
            id=board.public_id,
            name=board.name,
            owner=board.owner.email,
            size=str(board.size),
            state=board.state,
            drawn_only=not board.has_key,
            rows=board.preview,
            waiting=board.waiting or None,
            due_at=board.due_at,
            shown=board.shown or None,
            shown_at=board.shown_at,
            problem=board.problem or None,
            created_at=board.created_at,
        )


@routes.get("/boards", response=Page[BoardOut])
@requires_scope(Scope.READ)
def list_boards(request: ApiRequest, paging: Query[Paging]) -> Page[BoardOut]:
    """One's own; all for an admin. The newest first."""
    rows = Board.objects.known_to(_person(request)).select_related("owner")
    page, following = newest_first(rows, paging)
    return Page[BoardOut](items=[BoardOut.from_board(board) for board in page], next=following)


@routes.post("/boards", response={201: BoardOut})
@requires_scope(Scope.EDIT)
def add_board(request: ApiRequest, body: BoardIn) -> Status[BoardOut]:
    made = boards.add(owner=_person(request), **body.model_dump())
    return Status(201, BoardOut.from_board(made))


@routes.get(_ONE, response=BoardOut)
@requires_scope(Scope.READ)
def get_board(request: ApiRequest, board_id: str) -> BoardOut:
    return BoardOut.from_board(_board(request, board_id))


@routes.patch(_ONE, response=BoardOut)
@requires_scope(Scope.EDIT)
def change_board(request: ApiRequest, board_id: str, body: BoardChange) -> BoardOut:
    board = _board(request, board_id)
    boards.change(board, **body.model_dump(exclude_unset=True))
    return BoardOut.from_board(board)


@routes.delete(_ONE, response={204: None})
@requires_scope(Scope.EDIT)
def remove_board(request: ApiRequest, board_id: str) -> Status[None]:
    boards.remove(_board(request, board_id))
    return Status(204, None)


@routes.post(_ONE + "/messages", response={202: BoardOut})
@requires_scope(Scope.CONTROL)
def show_on_board(request: ApiRequest, board_id: str, body: BoardMessage) -> Status[BoardOut]:
    """It takes the place of whatever waits, and is sent as soon as the board may be asked again."""
    board = _board(request, board_id)
    boards.show(board, _text(request, body), at=timezone.now())
    return Status(202, BoardOut.from_board(board))


def _text(request: ApiRequest, body: BoardMessage) -> str:
    if (body.text is None) == (body.invocation is None):
        raise Invalid({"text": _("Either a `text`, or the id of an `invocation`.")})
    if body.text is not None:
        return body.text
    seen = Invocation.objects.visible_to(request.auth.person).select_related("run")
    step = seen.filter(public_id=body.invocation).first()
    if step is None:
        raise Invalid({"invocation": _("There is no such step.")})
    return boards.text_of_step(step)


def _person(request: ApiRequest) -> User:
    if request.auth.user is None:
        if request.auth.guest_of is not None:
            raise permissions.refusal(request.auth, "")
        raise NotSignedIn(_("Boards are shown to those they belong to."))
    return request.auth.user


def _board(request: ApiRequest, public_id: str) -> Board:
    found = Board.objects.known_to(_person(request)).select_related("owner")
    return first_or_404(found.filter(public_id=public_id), _("There is no such board."))
