"""The people of the tests, as browsers and as programs, and a network with a run for them to share.

Alice owns the network, Carol helps with it, Bob has nothing to do with it, Root is an admin; a stranger
has not signed in, and a guest holds a token of the terminal. `owner`, `collaborator`, `other`, `admin`
and `stranger` are their browsers; in `tests/api`, where `client_of` is another, they are programs that
call the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from invocations import runs
from invocations.engine import outcomes
from invocations.engine.claims import Claim, Holder, claim_step
from invocations.models import Invocation, Run
from networks.models import Network

TO_IMAGE, TO_TEXT = "dummy:text-to-image", "dummy:image-to-text"
REWRITE = "dummy:text-to-text"
PASSWORD = "a-horse-in-the-snow"
Work = Callable[..., Invocation]
ClientOf = Callable[[User | None], Any]


def signed_in(user: User | None) -> Client:
    """A browser; None: of somebody who has not signed in."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def client_of() -> ClientOf:
    """What makes the client of a person."""
    return signed_in


@pytest.fixture
def alice(db: None) -> User:
    """Owns the network."""
    return User.objects.create_user("alice@example.org", PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    """A curator who has nothing to do with it."""
    return User.objects.create_user("bob@example.org", PASSWORD)


@pytest.fixture
def carol(db: None) -> User:
    """Was asked to help with it."""
    return User.objects.create_user("carol@example.org", PASSWORD)


@pytest.fixture
def root(db: None) -> User:
    """An admin."""
    return User.objects.create_superuser("root@example.org", PASSWORD)


@pytest.fixture
def owner(alice: User, client_of: ClientOf) -> Any:
    return client_of(alice)


@pytest.fixture
def collaborator(carol: User, client_of: ClientOf) -> Any:
    return client_of(carol)


@pytest.fixture
def other(bob: User, client_of: ClientOf) -> Any:
    return client_of(bob)


@pytest.fixture
def admin(root: User, client_of: ClientOf) -> Any:
    return client_of(root)


@pytest.fixture
def stranger(db: None, client_of: ClientOf) -> Any:
    return client_of(None)


@pytest.fixture
def clients(
    stranger: Any, other: Any, collaborator: Any, owner: Any, admin: Any
) -> Mapping[str, Any]:
    return {
        "stranger": stranger,
        "other": other,
        "collaborator": collaborator,
        "owner": owner,
        "admin": admin,
    }


@pytest.fixture
def network(alice: User, carol: User) -> Network:
    """Private; text to text, without waiting."""
    network = Network.create(
        alice,
        name="Whispers",
        slots=[{"model": REWRITE}],
        pacing=[{"until_seconds": None, "delay_seconds": 0}],
        attract_prompts=["a bell under water"],
        lockout_seconds=30,
    )
    network.collaborators.add(carol)
    return network


@pytest.fixture
def public(network: Network) -> Network:
    """The same, to be watched by anybody; only its people may type."""
    return _changed(network, public=True)


@pytest.fixture
def opened(network: Network) -> Network:
    """The same with a terminal for everybody."""
    return _changed(network, public=True, open_terminal=True)


def _changed(network: Network, **fields: Any) -> Network:
    Network.objects.filter(pk=network.pk).update(**fields)
    network.refresh_from_db()
    return network


@pytest.fixture
def run(network: Network) -> Run:
    """Began a minute ago, so that the lockout is over."""
    at = timezone.now() - timedelta(minutes=1)
    return runs.start_run(network=network, prompt="a red balloon", at=at).run


@pytest.fixture
def take() -> Callable[[Run], Claim]:
    """Takes the open step of a run, the way a worker would."""

    def taken(run: Run) -> Claim:
        step = run.invocations.open().get()
        found = claim_step(step.pk, holder=Holder("test"), at=step.due_at or timezone.now())
        assert found is not None
        return found

    return taken


@pytest.fixture
def work(take: Callable[[Run], Claim]) -> Work:
    """Carries the open step of a run to its end."""

    def carry(run: Run, text: str = "a balloon, red", **fields: Any) -> Invocation:
        taken = take(run)
        outcomes.complete(taken, outcomes.Result(text=text, **fields), at=taken.attempt.started_at)
        return Invocation.objects.get(pk=taken.invocation.pk)

    return carry


def html_of(response: Any) -> str:
    return str(response.content.decode())
