"""Keys to platforms: one's own under the account, a network's choice, and the house's for admins."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.views.people import admins_only
from platforms import keyring, proving, registry
from platforms.models import Credential
from platforms.proving import Proof

from . import key_upkeep, keys
from .key_forms import LendForm, NameForm, NewKeyForm, PicksForm, SecretForm
from .models import Network
from .upkeep_pages import owners_only

Page = Callable[..., HttpResponse]
PER_PAGE = 50


def _of_owner(page: Page) -> Page:
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
            raise PermissionDenied("This key is lent to you: to be used, and no more.")
        return page(request, key, **more)

    return checked


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def index(request: HttpRequest) -> HttpResponse:
    person = cast("User", request.user)
    form = NewKeyForm(_sent(request), owner=person)
    if request.method == "POST" and (made := form.save()) is not None:
        messages.success(request, f"“{made.name}” is stored. Test it, to see whether it is taken.")
        return redirect("keys:detail", made.public_id)
    context = {
        "form": form,
        "mine": [_told(key) for key in person.credentials.prefetch_related("loans").newest_first()],
        "lent": [
            _told(key)
            for key in Credential.objects.lent_to(person.pk).select_related("owner").newest_first()
        ],
    }
    return render(request, "keys/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@_of_owner
def detail(request: HttpRequest, key: Credential) -> HttpResponse:
    form = NameForm(_sent(request), initial={"name": key.name})
    if request.method == "POST" and form.save(key):
        messages.success(request, "It has its new name.")
        return redirect("keys:detail", key.public_id)
    return _detail(request, key, name=form)


@sensitive_post_parameters("secret")
@require_POST
@_of_owner
def replace(request: HttpRequest, key: Credential) -> HttpResponse:
    form = SecretForm(request.POST)
    if not form.save(key):
        return _detail(request, key, secret=form)
    messages.success(request, "Replaced. Test it, to see whether it is taken.")
    return redirect("keys:detail", key.public_id)


@require_POST
@_of_owner
def lend(request: HttpRequest, key: Credential) -> HttpResponse:
    """The same answer whether or not there is an account."""
    form = LendForm(request.POST)
    if not form.save(key):
        return _detail(request, key, lend=form)
    messages.success(request, f"{form.cleaned_data['email']} may use it.")
    return redirect("keys:detail", key.public_id)


@require_POST
@_of_owner
def take_back(request: HttpRequest, key: Credential, loan_id: str) -> HttpResponse:
    loan = get_object_or_404(key.loans, public_id=loan_id)
    key_upkeep.take_back(key=key, loan=loan)
    messages.success(request, f"{loan.email} may not use it any more.")
    return redirect("keys:detail", key.public_id)


@require_POST
@_of_owner
def test(request: HttpRequest, key: Credential) -> HttpResponse:
    _say(request, proving.prove(key))
    return redirect("keys:detail", key.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@_of_owner
def delete(request: HttpRequest, key: Credential) -> HttpResponse:
    """Says first which networks would lose it."""
    if request.method == "POST":
        key_upkeep.delete(key=key)
        messages.success(request, f"“{key.name}” is deleted.")
        return redirect("keys:list")
    return render(request, "keys/delete.html", {"key": _told(key), "losses": keys.losses(key)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@owners_only
def of_network(request: HttpRequest, network: Network) -> HttpResponse:
    payers = keys.payers(network)
    form = PicksForm(_sent(request), payers=payers)
    if request.method == "POST" and form.save(network, cast("User", request.user)):
        messages.success(request, "Saved. The next step goes by it.")
        return redirect("networks:keys", network.slug)
    context = {"network": network, "payers": payers, "form": form}
    return render(request, "networks/keys.html", context, status=422 if form.errors else 200)


@require_safe
@never_cache
@admins_only
def house(request: HttpRequest) -> HttpResponse:
    shown = [
        {"key": key, "platform": registry.get_platform(key.platform)}
        for key in keyring.house_keys()
    ]
    curators = User.objects.filter(is_active=True, is_superuser=False).order_by("email")
    context = {
        "shown": shown,
        "curators": Paginator(curators, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "keys/house.html", context)


@require_POST
@admins_only
def test_house(request: HttpRequest, platform: str) -> HttpResponse:
    found = [key for key in keyring.house_keys() if key.platform == platform]
    if not found:
        raise Http404
    _say(request, proving.prove(found[0]))
    return redirect("keys:house")


@require_POST
@admins_only
def let_use(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whether somebody's networks may spend on the house's keys: `may` is yes or no."""
    person = get_object_or_404(User, public_id=public_id, is_active=True, is_superuser=False)
    may = request.POST.get("may") == "yes"
    key_upkeep.let_use_house_keys(person=person, may=may, by=cast("User", request.user))
    told = "may spend" if may else "may no longer spend"
    messages.success(request, f"Networks of {person} {told} on the house's keys.")
    return redirect("keys:house")


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _say(request: HttpRequest, proof: Proof) -> None:
    tell = {True: messages.success, False: messages.error, None: messages.warning}[proof.passed]
    tell(request, proof.sentence)


def _told(key: Credential) -> dict[str, object]:
    """A key with what its platform calls itself."""
    try:
        label = registry.get_platform(key.platform).label
    except registry.UnknownModel:
        label = key.platform
    return {"key": key, "label": label}


def _detail(request: HttpRequest, key: Credential, **forms: object) -> HttpResponse:
    fresh = get_object_or_404(Credential, pk=key.pk)
    context = {
        **_told(fresh),
        "name_form": NameForm(initial={"name": fresh.name}),
        "secret_form": SecretForm(),
        "lend_form": LendForm(),
        **{f"{which}_form": form for which, form in forms.items()},
        "loans": fresh.loans.order_by("id"),
        "losses": keys.losses(fresh),
    }
    wrong = any(getattr(form, "errors", None) for form in forms.values())
    return render(request, "keys/detail.html", context, status=422 if wrong else 200)
