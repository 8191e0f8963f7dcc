"""For admins: who has an account, and the links by which one is opened."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import members
from accounts.audit_actions import ACTIONS
from accounts.forms.members import InvitationForm
from accounts.models import AuditEntry, User
from lib.validation import is_legible

View = Callable[..., HttpResponseBase]
PER_PAGE = 50
MAX_ASKED = 100  # characters
AUDIT_FILTERS = {"who": "who__icontains", "action": "action", "about": "about__icontains"}


def admins_only(view: View) -> View:
    """Sign in first; whoever is no admin then gets 403."""

    @wraps(view)
    @login_required
    @never_cache
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not cast("User", request.user).is_admin:
            raise PermissionDenied(gettext("This page is for admins."))
        return view(request, *args, **kwargs)

    return checked


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
        member = members.invite(given["email"], admin=given["admin"], by=cast("User", request.user))
    except members.AlreadyMember:
        sentence = gettext("Somebody with this address has an account already.")
        form.add_error("email", sentence)
        return _page(request, form, status=400)
    return _with_link(request, member)


@require_POST
@admins_only
@never_cache
def new_link(request: HttpRequest, public_id: str) -> HttpResponse:
    member = get_object_or_404(User, public_id=public_id, is_active=True)
    AuditEntry.record(cast("User", request.user), "link.made", member)
    return _with_link(request, member)


@require_POST
@admins_only
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    member = get_object_or_404(User, public_id=public_id)
    try:
        members.close(member, by=cast("User", request.user))
    except members.OwnAccount:
        messages.error(request, gettext("Another admin has to close your account."))
    except members.LastAdmin as refusal:
        messages.error(request, str(refusal))
    else:
        sentence = gettext("%(who)s is shut out. What they made stays.")
        messages.success(request, sentence % {"who": member})
    return redirect("accounts:members")


@require_POST
@admins_only
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    member = get_object_or_404(User, public_id=public_id)
    members.reopen(member, by=cast("User", request.user))
    messages.success(request, gettext("%(who)s may sign in again.") % {"who": member})
    return redirect("accounts:members")


@require_POST
@admins_only
def change_role(request: HttpRequest, public_id: str) -> HttpResponse:
    member = get_object_or_404(User, public_id=public_id)
    admin = request.POST.get("role") == "admin"
    try:
        members.change_role(member, admin=admin, by=cast("User", request.user))
    except members.LastAdmin as refusal:
        messages.error(request, str(refusal))
    else:
        curator, is_admin = (
            gettext("%(who)s is a curator now."),
            gettext("%(who)s is an admin now."),
        )
        messages.success(request, (is_admin if admin else curator) % {"who": member})
    # Whoever has just stopped being an admin may not see the list any more.
    return redirect("accounts:home" if member == request.user and not admin else "accounts:members")


@require_safe
@admins_only
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, the newest first; `?before=` leads on, `?who=`, `?action=` and `?about=` leave out the rest."""
    asked = {name: request.GET.get(name, "").strip()[:MAX_ASKED] for name in AUDIT_FILTERS}
    asked = {name: value for name, value in asked.items() if value and is_legible(value)}
    wanted = {AUDIT_FILTERS[name]: value for name, value in asked.items()}
    entries = AuditEntry.objects.filter(**wanted).order_by("-id")
    if (before := request.GET.get("before", "")).isdecimal() and len(before) < 16:
        entries = entries.filter(pk__lt=int(before))
    found = list(entries[: PER_PAGE + 1])
    following = found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None
    context = {
        "entries": found[:PER_PAGE],
        "following": urlencode({**asked, "before": following}) if following else "",
        "continued": bool(before),
        "asked": asked,
        "actions": sorted((code, gettext(words)) for code, words in ACTIONS.items()),
    }
    return render(request, "accounts/audit.html", context)


def _with_link(request: HttpRequest, member: User) -> HttpResponse:
    link = request.build_absolute_uri(members.link_path(member))
    return _page(request, InvitationForm(), member=member, link=link)


def _page(
    request: HttpRequest, form: InvitationForm, *, status: int = 200, **more: object
) -> HttpResponse:
    everybody = User.objects.order_by("email")
    page = Paginator(everybody, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, **more}
    return render(request, "accounts/members.html", context, status=status)
