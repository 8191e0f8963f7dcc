"""The pages of one's boards."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from networks.fields import Invalid

from . import boards, vestaboard
from .board import Board
from .board_forms import BoardEditForm, BoardForm, MessageForm


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, BoardForm())


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    form = BoardForm(request.POST)
    if form.is_valid():
        try:
            made = boards.add(owner=cast("User", request.user), **form.cleaned_data)
        except Invalid as wrong:
            form.blame(wrong.errors)
        else:
            return redirect("board", made.public_id)
    return _index(request, form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows it, and changes its name and key."""
    board = _board(request, public_id)
    form = BoardEditForm(request.POST or None, initial={"name": board.name})
    if form.is_valid():
        try:
            given = form.cleaned_data
            boards.change(board, name=given["name"], key=given["key"] or None)
        except Invalid as wrong:
            form.blame(wrong.errors)
        else:
            messages.success(request, f"{board.name} is saved.")
            return redirect("board", public_id)
    return _page(request, board, form, MessageForm(), status=400 if form.errors else 200)


@require_POST
@login_required
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    board = _board(request, public_id)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            boards.show(board, form.cleaned_data["text"], at=timezone.now())
        except Invalid as wrong:
            form.blame(wrong.errors)
        else:
            return redirect("board", public_id)
    return _page(request, board, BoardEditForm(initial={"name": board.name}), form, status=400)


@require_POST
@login_required
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    board = _board(request, public_id)
    board.delete()
    messages.success(request, f"{board.name} is removed, and its key with it.")
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
        "form": form,
        "message": message,
        "rows": vestaboard.fit(board.waiting or board.shown),
    }
    return render(request, "displays/board.html", context, status=status)
