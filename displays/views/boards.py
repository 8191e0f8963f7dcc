"""The forms of the boards' pages. What may be in them is decided in `displays.boards`."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from displays import boards, deliveries, vestaboard
from displays.drawn_boards import DrawnBoard
from displays.models.board import Board
from lib.bulk_actions import chosen_rows
from lib.forms import CheckedForm

SECRET = forms.PasswordInput(attrs={"autocomplete": "off"})


def _sizes() -> list[tuple[str, str]]:
    return [(str(size), size.name) for size in vestaboard.OFFERED]


class BoardForm(CheckedForm):
    """A new board."""

    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        help_text=_("Letters, digits, hyphens and underscores, such as panic_1: displays name it."),
    )
    key = forms.CharField(
        label=_("Key"),
        widget=SECRET,
        required=False,
        help_text=_(
            "The API token (or an older Read / Write key) from the maker's app, for the board or for the "
            "Notes that are joined there. Kept encrypted, and never shown again. Empty: there is no device, and the "
            "board is drawn in browsers."
        ),
    )
    size = forms.ChoiceField(
        label=_("Size"),
        choices=_sizes,
        required=False,
        help_text=_("Of several Notes that the maker's app has joined, all together."),
    )

    def clean_size(self) -> str:
        return str(self.cleaned_data["size"] or vestaboard.FLAGSHIP)


class BoardEditForm(CheckedForm):
    """A board that is there."""

    name = forms.CharField(label=_("Name"), max_length=50)
    key = forms.CharField(
        label=_("Another key"),
        required=False,
        widget=SECRET,
        help_text=_("Empty: it keeps its own."),
    )
    size = forms.ChoiceField(label=_("Size"), choices=_sizes, required=False)

    def __init__(self, board: Board, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"name": board.name, "size": str(board.size)})
        if board.size not in vestaboard.OFFERED:  # made over the API
            own = (str(board.size), board.size.name)
            cast("forms.ChoiceField", self.fields["size"]).choices = [*_sizes(), own]

    @property
    def given(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {**given, "key": given["key"] or None, "size": given["size"] or None}


class MessageForm(CheckedForm):
    """A text to try a board with."""

    text = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2_000}),
        help_text=_("What is longer than the board ends at a word."),
    )


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, BoardForm())


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    form = BoardForm(request.POST)
    if made := form.submit(boards.add, owner=request.user):
        return redirect("board", made.public_id)
    return _index(request, form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows it, and changes its name, key and size."""
    board = _board(request, public_id)
    form = BoardEditForm(board, request.POST or None)
    if form.submit(boards.change, board=board):
        messages.success(request, gettext("%(name)s is saved.") % {"name": board.name})
        return redirect("board", public_id)
    return _page(request, board, form, MessageForm(), status=400 if form.errors else 200)


@require_POST
@login_required
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    board = _board(request, public_id)
    form = MessageForm(request.POST)
    if form.submit(boards.show, board=board, at=timezone.now()):
        return redirect("board", public_id)
    return _page(request, board, BoardEditForm(board), form, status=400)


@require_POST
@login_required
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    board = _board(request, public_id)
    boards.remove(board)
    messages.success(
        request, gettext("%(name)s is removed, and its key with it.") % {"name": board.name}
    )
    return redirect("boards")


@require_POST
@login_required
def bulk(request: HttpRequest) -> HttpResponse:
    """Remove the boards that were chosen in the list."""
    chosen = chosen_rows(request, Board.objects.known_to(request.user))
    for board in chosen:
        boards.remove(board)
    if chosen:
        names = ", ".join(board.name for board in chosen)
        messages.success(
            request, gettext("Removed, with their keys: %(names)s.") % {"names": names}
        )
    return redirect("boards")


def _board(request: HttpRequest, public_id: str) -> Board:
    known = Board.objects.known_to(request.user).select_related("owner")
    return get_object_or_404(known, public_id=public_id)


def _index(request: HttpRequest, form: BoardForm, *, status: int = 200) -> HttpResponse:
    known = Board.objects.known_to(request.user).select_related("owner").by_name()
    return render(request, "displays/boards.html", {"boards": known, "form": form}, status=status)


def _page(
    request: HttpRequest, board: Board, form: BoardEditForm, message: MessageForm, *, status: int
) -> HttpResponse:
    context = {
        "board": board,
        "drawn": DrawnBoard.of_board(board),
        "displays": deliveries.displays_of_board(board),
        "form": form,
        "message": message,
    }
    return render(request, "displays/board.html", context, status=status)
