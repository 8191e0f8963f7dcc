"""The cast of the pages: who looks, and a network with a run that a worker would have carried."""

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
from invocations.engine.claims import Claim, claim
from invocations.models import Invocation, Run
from networks.models import Network

TO_IMAGE, TO_TEXT = "dummy:text-to-image", "dummy:image-to-text"
REWRITE = "dummy:text-to-text"
Work = Callable[..., Invocation]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice(db: None) -> User:
    """Owns the network."""
    return User.objects.create_user("alice@example.org")


@pytest.fixture
def carol(db: None) -> User:
    """Was asked to help with it."""
    return User.objects.create_user("carol@example.org")


@pytest.fixture
def owner(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def helper(carol: User) -> Client:
    return signed_in(carol)


@pytest.fixture
def other(db: None) -> Client:
    """A curator with nothing to do with it."""
    return signed_in(User.objects.create_user("bob@example.org"))


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(User.objects.create_superuser("root@example.org"))


@pytest.fixture
def stranger(db: None) -> Client:
    return Client()


@pytest.fixture
def clients(
    stranger: Client, other: Client, helper: Client, owner: Client, admin: Client
) -> Mapping[str, Client]:
    return {
        "stranger": stranger,
        "other": other,
        "helper": helper,
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
        found = claim(step.pk, worker="test", at=step.due_at or timezone.now())
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


def words(response: Any) -> str:
    return str(response.content.decode())
