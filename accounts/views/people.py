"""For admins: who has an account, and the links by which one is opened."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import people
from accounts.forms import InvitationForm
from accounts.models import AuditEntry, User

View = Callable[..., HttpResponse]
PER_PAGE = 50


def admins_only(view: View) -> View:
    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not cast("User", request.user).is_admin:
            raise PermissionDenied("Only admins look after accounts.")
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@admins_only
def index(request: HttpRequest) -> HttpResponse:
    return _page(request, InvitationForm())


@require_POST
@admins_only
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself: its link is kept nowhere and can only be shown here."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        given = form.cleaned_data
        person = people.invite(given["email"], admin=given["admin"], by=cast("User", request.user))
    except people.AlreadyHere:
        form.add_error("email", "Somebody with this address has an account already.")
        return _page(request, form, status=400)
    return _with_link(request, person)


@require_POST
@admins_only
@never_cache
def new_link(request: HttpRequest, public_id: str) -> HttpResponse:
    person = get_object_or_404(User, public_id=public_id, is_active=True)
    AuditEntry.record(cast("User", request.user), "link.made", person)
    return _with_link(request, person)


@require_POST
@admins_only
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    person = get_object_or_404(User, public_id=public_id)
    try:
        people.close(person, by=cast("User", request.user))
    except people.OneselfNeeded:
        messages.error(request, "Another admin has to close your account.")
    except people.LastAdmin as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person} is shut out. What they made stays.")
    return redirect("accounts:people")


@require_POST
@admins_only
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    person = get_object_or_404(User, public_id=public_id)
    people.reopen(person, by=cast("User", request.user))
    messages.success(request, f"{person} may sign in again.")
    return redirect("accounts:people")


@require_POST
@admins_only
def change_role(request: HttpRequest, public_id: str) -> HttpResponse:
    person = get_object_or_404(User, public_id=public_id)
    admin = request.POST.get("role") == "admin"
    try:
        people.change_role(person, admin=admin, by=cast("User", request.user))
    except people.LastAdmin as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person} is {'an admin' if admin else 'a curator'} now.")
    # Whoever has just stopped being an admin may not see the list any more.
    return redirect("accounts:home" if person == request.user and not admin else "accounts:people")


@require_safe
@admins_only
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, the newest first; `?before=` leads on."""
    entries = AuditEntry.objects.order_by("-id")
    if (before := request.GET.get("before", "")).isdecimal() and len(before) < 16:
        entries = entries.filter(pk__lt=int(before))
    found = list(entries[: PER_PAGE + 1])
    context = {
        "entries": found[:PER_PAGE],
        "following": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "continued": bool(before),
    }
    return render(request, "accounts/audit.html", context)


def _with_link(request: HttpRequest, person: User) -> HttpResponse:
    link = request.build_absolute_uri(people.link_path(person))
    return _page(request, InvitationForm(), person=person, link=link)


def _page(
    request: HttpRequest, form: InvitationForm, *, status: int = 200, **more: object
) -> HttpResponse:
    everybody = User.objects.order_by("email")
    page = Paginator(everybody, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, **more}
    return render(request, "accounts/people.html", context, status=status)
