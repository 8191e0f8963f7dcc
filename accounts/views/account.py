"""What a person can see and change about their own account."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import api_tokens
from accounts.forms.api_tokens import TokenForm
from accounts.models import User
from lib.bulk_actions import chosen_rows


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    return _page(request, TokenForm(user=cast("User", request.user)))


@require_POST
@login_required
@never_cache
def create_token(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself, not a redirect: the token's text is kept nowhere, so that
    this answer is the only place it can be shown."""
    user = cast("User", request.user)
    form = TokenForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, form, status=400)
    given = form.cleaned_data
    token, plain = api_tokens.make(
        user, name=given["name"], scopes=given["scopes"], expires_at=form.expires_at
    )
    return _page(request, TokenForm(user=user), issued=token, plain=plain)


@require_POST
@login_required
def revoke_token(request: HttpRequest, public_id: str) -> HttpResponse:
    user = cast("User", request.user)
    token = get_object_or_404(user.api_tokens, public_id=public_id)
    api_tokens.revoke(token, by=user)
    sentence = gettext("“%(name)s” no longer opens anything.")
    messages.success(request, sentence % {"name": token.name or gettext("Unnamed")})
    return redirect("accounts:home")


@require_POST
@login_required
def revoke_tokens(request: HttpRequest) -> HttpResponse:
    """Those that were chosen in the list."""
    user = cast("User", request.user)
    tokens = chosen_rows(request, user.api_tokens.all())
    for token in tokens:
        api_tokens.revoke(token, by=user)
    if tokens:
        count = len(tokens)
        sentence = ngettext(
            "%(count)d token no longer opens anything.",
            "%(count)d tokens no longer open anything.",
            count,
        )
        messages.success(request, sentence % {"count": count})
    return redirect("accounts:home")


def _page(
    request: HttpRequest, form: TokenForm, *, status: int = 200, **more: object
) -> HttpResponse:
    user = cast("User", request.user)
    held = user.api_tokens.order_by("-created_at", "-id")
    context = {"form": form, "tokens": held, **more}
    return render(request, "accounts/home.html", context, status=status)
