"""What a token may be used for; and that no call of the API has been left without a word on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.utils import timezone
from ninja import NinjaAPI, Router

from accounts.models import ApiToken, User
from invocations.models import Run
from lib.scopes import Scope, check_declared
from networks.models import Network
from panic.api.routes import api

from .conftest import ApiClient, problem

METHODS = {"get", "post", "put", "patch", "delete"}


def _scopes() -> dict[str, str]:
    """What every call says in its description that a token needs."""
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": call["x-scope"]
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, call in methods.items()
        if method in METHODS
    }


SCOPES = _scopes()


def test_only_what_changes_nothing_is_read() -> None:
    reads = {name for name, scope in SCOPES.items() if scope == Scope.READ}
    admin = {name for name, scope in SCOPES.items() if scope == Scope.ADMIN}

    assert reads == {name for name in SCOPES if name.startswith("GET ")} - admin


@pytest.mark.parametrize("name", sorted(SCOPES))
def test_a_token_without_the_scope_is_refused_every_call(name: str, alice: User, db: None) -> None:
    method, _, path = name.partition(" ")
    others = [scope for scope in Scope if scope != SCOPES[name]]
    caller = ApiClient(f"Bearer {ApiToken.issue(alice, scopes=others)[1]}")

    answer = caller.send(method, path.lstrip("/").replace("{", "").replace("}", ""))

    assert answer.status_code == 403
    assert f"lacks the scope “{SCOPES[name]}”" in problem(answer)["detail"]


def test_a_call_that_nobody_has_declared_is_refused_to_all() -> None:
    routes = Router()
    called: list[int] = []

    @routes.get("/forgotten")
    def forgotten(request: Any) -> None:
        called.append(1)

    other = NinjaAPI(auth=[check_declared, lambda request: "anybody"], urls_namespace="other")
    other.add_router("", routes)
    view: Any = next(one for one in other.urls[0] if "forgotten" in str(one.pattern)).callback
    with pytest.raises(PermissionDenied):
        view(RequestFactory().get("/forgotten"))
    assert called == []


def test_a_token_does_what_its_scope_says_and_nothing_else(alice: User, run: Run) -> None:
    caller = ApiClient(f"Bearer {ApiToken.issue(alice, scopes=['control'])[1]}")

    answers = [
        caller.post(f"runs/{run.public_id}/pause"),
        caller.post("networks/whispers/stop"),
        caller.get("networks/whispers"),
        caller.post("networks/whispers/runs", {"prompt": "x"}),
        caller.delete("networks/whispers"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 403, 403, 403]


def test_a_scope_gives_nothing_that_its_person_may_not(
    bob: User, alice: User, network: Network
) -> None:
    caller = ApiClient(f"Bearer {ApiToken.issue(bob)[1]}")

    assert caller.get("networks/whispers").status_code == 404
    assert caller.post("stop-all").status_code == 403


def test_without_its_scope_an_admins_token_speaks_for_a_curator(
    root: User, network: Network
) -> None:
    plain = ApiToken.issue(root, scopes=["read", "edit"])[1]
    caller = ApiClient(f"Bearer {plain}")

    seen = ApiToken.user_from_text(plain)
    assert caller.get("networks/whispers").status_code == 404
    assert caller.post("stop-all").status_code == 403
    assert caller.get("events", topic="mission-control").status_code == 403
    assert seen is not None
    assert not seen.is_admin
    assert User.objects.get(pk=root.pk).is_admin


def test_a_socket_is_for_tokens_that_may_look(alice: User) -> None:
    assert ApiToken.user_from_text(ApiToken.issue(alice, scopes=["read"])[1]) == alice
    assert ApiToken.user_from_text(ApiToken.issue(alice, scopes=["start", "edit"])[1]) is None


def test_an_expired_token_opens_nothing(alice: User, network: Network) -> None:
    now = timezone.now()
    over = ApiClient(f"Bearer {ApiToken.issue(alice, expires_at=now - timedelta(seconds=1))[1]}")
    lasting = ApiClient(f"Bearer {ApiToken.issue(alice, expires_at=now + timedelta(hours=1))[1]}")

    assert over.get("networks/whispers").status_code == 401
    assert lasting.get("networks/whispers").status_code == 200


def test_a_wrong_token_writes_nothing_and_locks_nobody_out(
    network: Network, owner: ApiClient, django_assert_num_queries: Any
) -> None:
    """There is nothing to be guessed in 256 random bits, and a display with an old token must not
    shut the door to all others behind the same address."""
    for _ in range(30):
        with django_assert_num_queries(1):
            assert ApiClient("Bearer panic_guess").get("networks/whispers").status_code == 401
        assert ApiClient("Terminal guess").get("networks/whispers").status_code == 401

    assert owner.get("networks/whispers").status_code == 200


def test_an_anonymous_caller_needs_no_scope(public: Network) -> None:
    assert Client().get("/api/v1/networks/whispers").status_code == 200
