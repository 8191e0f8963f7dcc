"""Who sees what on the pages, besides the table of `tests/permissions/pages.py`."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse

from invocations.models import Run
from networks.models import Network
from tests.people import Work

ALL_IN = {"stranger": 200, "other": 200, "collaborator": 200, "owner": 200, "admin": 200}
PRIVATE = {**ALL_IN, "stranger": 404, "other": 404}


def _statuses(clients: Mapping[str, Client], path: str) -> dict[str, int]:
    return {who: client.get(path).status_code for who, client in clients.items()}


def test_a_private_run_and_its_steps_are_not_there_for_others(
    clients: Mapping[str, Client], run: Run, work: Work
) -> None:
    step = work(run)

    assert _statuses(clients, run.get_absolute_url()) == PRIVATE
    assert _statuses(clients, step.get_absolute_url()) == PRIVATE
    assert _statuses(clients, step.get_absolute_url() + "?screen=1") == PRIVATE


def test_the_list_of_all_runs_has_those_that_one_may_see(
    clients: Mapping[str, Client], run: Run
) -> None:
    seen = {
        who: run.prompt in client.get(reverse("runs:list")).content.decode()
        for who, client in clients.items()
    }

    assert seen == {
        "stranger": False,
        "other": False,
        "collaborator": True,
        "owner": True,
        "admin": True,
    }


@pytest.mark.parametrize("move", ["start", "stop", "pause", "resume"])
def test_control_is_for_its_people_and_by_post_alone(
    clients: Mapping[str, Client], public: Network, move: str
) -> None:
    path = reverse(f"networks:{move}", args=[public.slug])

    asked = {who: client.get(path).status_code for who, client in clients.items()}
    done = {who: client.post(path).status_code for who, client in clients.items()}

    assert set(asked.values()) == {405}
    assert done == {"stranger": 302, "other": 403, "collaborator": 302, "owner": 302, "admin": 302}
    assert "/account/sign-in/" in clients["stranger"].post(path).headers["Location"]


def test_the_list_shows_ones_own_shared_and_public_networks(
    clients: Mapping[str, Client], network: Network
) -> None:
    seen = {
        who: network.name in client.get(reverse("networks:list")).content.decode()
        for who, client in clients.items()
    }

    assert seen == {
        "stranger": False,
        "other": False,
        "collaborator": True,
        "owner": True,
        "admin": True,
    }


@pytest.mark.parametrize(
    "path", ["/n/nowhere/", "/n/nowhere/wall/", "/runs/nothing/", "/models/no:body/", "/models/x/"]
)
def test_what_is_not_there_is_404(stranger: Client, path: str) -> None:
    assert stranger.get(path).status_code == 404
