"""One's own keys to platforms, under the account."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from credentials import key_checks, stored_keys
from credentials.forms.credentials import LendForm, NameForm, NewKeyForm, SecretForm
from credentials.hooks import hooks
from credentials.key_checks import KeyCheck
from credentials.models import Credential
from lib.forms import CheckedForm
from lib.stored_sentences import translate_stored
from platforms import registry

Page = Callable[..., HttpResponse]


def _owners_only(page: Page) -> Page:
    """Sign in first; 404 where one has no such key, 403 where it is only lent. Gives the page the
    key."""

    @wraps(page)
    @never_cache
    @login_required
    def checked(request: HttpRequest, key_id: str, **more: str) -> HttpResponse:
        person = cast("User", request.user)
        usable = Credential.objects.usable_by(person.pk).select_related("owner")
        key = get_object_or_404(usable, public_id=key_id)
        if key.owner_id != person.pk:
            raise PermissionDenied(gettext("This key is lent to you: to be used, and no more."))
        return page(request, key, **more)

    return checked


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def index(request: HttpRequest) -> HttpResponse:
    person = cast("User", request.user)
    form = NewKeyForm(_sent(request))
    if (made := form.submit(stored_keys.store, owner=person)) is not None:
        sentence = gettext("“%(key)s” is stored. Test it, to see whether it is taken.")
        messages.success(request, sentence % {"key": made.name})
        return redirect("keys:detail", made.public_id)
    context = {
        "form": form,
        "mine": [
            _labelled(key) for key in person.credentials.prefetch_related("loans").newest_first()
        ],
        "lent": [
            _labelled(key)
            for key in Credential.objects.lent_to(person.pk).select_related("owner").newest_first()
        ],
    }
    return render(request, "credentials/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@_owners_only
def detail(request: HttpRequest, key: Credential) -> HttpResponse:
    form = NameForm(_sent(request), initial={"name": key.name})
    form.submit(stored_keys.change, key=key)
    return _answer(request, key, gettext("It has its new name."), name=form)


@sensitive_post_parameters("secret")
@require_POST
@_owners_only
def replace(request: HttpRequest, key: Credential) -> HttpResponse:
    form = SecretForm(request.POST)
    form.submit(stored_keys.change, key=key)
    done = gettext("Replaced. Test it, to see whether it is taken.")
    return _answer(request, key, done, secret=form)


@require_POST
@_owners_only
def lend(request: HttpRequest, key: Credential) -> HttpResponse:
    """The same answer whether or not there is an account."""
    form = LendForm(request.POST)
    form.submit(stored_keys.lend, key=key)
    done = gettext("%(email)s may use it.") % {"email": form.cleaned_data.get("email")}
    return _answer(request, key, done, lend=form)


@require_POST
@_owners_only
def take_back(request: HttpRequest, key: Credential, loan_id: str) -> HttpResponse:
    loan = get_object_or_404(key.loans, public_id=loan_id)
    stored_keys.take_back(key=key, loan=loan)
    messages.success(request, gettext("%(email)s may not use it any more.") % {"email": loan.email})
    return redirect("keys:detail", key.public_id)


@require_POST
@_owners_only
def test(request: HttpRequest, key: Credential) -> HttpResponse:
    show_check(request, key_checks.check_key(key))
    return redirect("keys:detail", key.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@_owners_only
def delete(request: HttpRequest, key: Credential) -> HttpResponse:
    """Says first which networks would lose it."""
    if request.method == "POST":
        stored_keys.delete(key=key)
        messages.success(request, gettext("“%(key)s” is deleted.") % {"key": key.name})
        return redirect("keys:list")
    return render(
        request,
        "credentials/delete.html",
        {"key": _labelled(key), "uses": hooks.uses_of_credential(key)},
    )


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def show_check(request: HttpRequest, check: KeyCheck) -> None:
    levels = {True: messages.SUCCESS, False: messages.ERROR, None: messages.WARNING}
    messages.add_message(request, levels[check.passed], translate_stored(check.sentence))


def _labelled(key: Credential) -> dict[str, object]:
    """A key with what its platform calls itself."""
    try:
        label = registry.get_platform(key.platform).shown_label
    except registry.UnknownModel:
        label = key.platform
    return {"key": key, "label": label}


def _answer(request: HttpRequest, key: Credential, done: str, **forms: CheckedForm) -> HttpResponse:
    """After a change that was made, on to the key's page; else that page with its forms."""
    if all(form.is_valid() for form in forms.values()):
        messages.success(request, done)
        return redirect("keys:detail", key.public_id)
    fresh = get_object_or_404(Credential, pk=key.pk)
    context = {
        **_labelled(fresh),
        "name_form": NameForm(initial={"name": fresh.name}),
        "secret_form": SecretForm(),
        "lend_form": LendForm(),
        **{f"{which}_form": form for which, form in forms.items()},
        "loans": fresh.loans.order_by("id"),
        "uses": hooks.uses_of_credential(fresh),
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "credentials/detail.html", context, status=status)
