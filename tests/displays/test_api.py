"""Installations over HTTP: the rules of displays, and who may."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from displays.models import Display, Installation, Kiosk
from networks.models import Network
from realtime import log

from .conftest import AddDisplay

API = "/api/v1/installations"
GRID = {"type": "grid", "name": "big", "rows": 2, "columns": 3}
SINGLE = {"type": "single", "name": "left", "stride": 8, "offset": 2}
BOARD = {
    "type": "vestaboard",
    "name": "board",
    "stride": 8,
    "offset": 7,
    "vestaboard_name": "panic_1",
    "initial_prompt": True,
}
Call = Callable[..., tuple[int, Any]]


def call(client: Client, method: str, path: str, body: object = None) -> tuple[int, Any]:
    cookie = client.cookies.get("csrftoken")
    answer = client.generic(
        method,
        path,
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={"X-CSRFToken": cookie.value} if cookie else {},
    )
    return answer.status_code, answer.json() if answer.content else None


def test_an_installation_is_made_with_its_displays_and_read_back(
    owner: Client, network: Network
) -> None:
    body = {"name": "Foyer", "network": network.slug, "displays": [GRID, SINGLE, BOARD]}

    status, made = call(owner, "POST", API, body)

    assert status == 201
    assert made["network"] == network.slug
    assert [one["name"] for one in made["displays"]] == ["big", "left", "board"]
    assert made["displays"][1]["offsets"] == [2]
    assert call(owner, "GET", f"{API}/{made['id']}") == (200, made)
    assert call(owner, "GET", API)[1]["items"] == [made]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "no spaces"}, "name"),
        ({"name": ""}, "name"),
        ({"type": "hologram"}, "type"),
        ({"stride": 0}, "stride"),
        ({"stride": None}, "stride"),
        ({"offset": 8}, "offsets"),
        ({"offset": -1}, "offsets"),
        ({"offset": None}, "offsets"),
        ({"rows": 1}, "rows"),
        ({"initial_prompt": True}, "initial_prompt"),
        ({"vestaboard_name": "panic_1"}, "vestaboard_name"),
        ({"type": "grid"}, "rows"),
        ({**GRID, "show_invoking": True}, "show_invoking"),
        ({**GRID, "rows": 0}, "rows"),
        ({**GRID, "columns": None}, "columns"),
        ({**GRID, "offset": 0}, "offsets"),
        ({**BOARD, "vestaboard_name": None}, "vestaboard_name"),
    ],
)
def test_a_display_that_breaks_a_rule_is_refused_by_field(
    owner: Client, installation: Installation, change: Mapping[str, Any], field: str
) -> None:
    path = f"{API}/{installation.public_id}/displays"

    status, problem = call(owner, "POST", path, {**SINGLE, **change})

    assert status == 422
    assert field in problem["errors"]
    assert not installation.displays.exists()


def test_names_are_unique_within_an_installation(owner: Client, installation: Installation) -> None:
    path = f"{API}/{installation.public_id}/displays"
    call(owner, "POST", path, SINGLE)

    again = call(owner, "POST", path, SINGLE)
    call(owner, "POST", path, GRID)
    renamed = call(owner, "PATCH", f"{path}/big", {"name": "left"})

    assert (again[0], renamed[0]) == (422, 422)
    assert "name" in again[1]["errors"]


def test_what_was_read_can_be_sent_back_and_a_change_of_type_keeps_only_what_fits(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    add_display("left", "single", stride=8, offsets=[2, 3])
    path = f"{API}/{installation.public_id}/displays/left"
    _, read = call(owner, "GET", path)

    assert call(owner, "PATCH", path, read) == (200, read)
    status, grid = call(owner, "PATCH", path, {"type": "grid", "rows": 1, "columns": 2})

    assert (status, grid["rows"], grid["stride"], grid["offsets"]) == (200, 1, None, None)
    assert grid["id"] == read["id"]


def test_displays_are_arranged_and_unknown_ones_are_not_there(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    for name in ("a", "b", "c"):
        add_display(name)
    path = f"{API}/{installation.public_id}"

    _, arranged = call(owner, "PATCH", path, {"order": ["c", "a", "b"]})

    assert [one["name"] for one in arranged["displays"]] == ["c", "a", "b"]
    assert call(owner, "PATCH", path, {"order": ["c", "a"]})[0] == 422
    assert call(owner, "PATCH", f"{path}/displays/nobody", {"muted": True})[0] == 404
    assert call(owner, "DELETE", f"{path}/displays/nobody")[0] == 404
    assert call(owner, "DELETE", f"{path}/displays/a")[0] == 204


def test_only_its_people_see_an_installation_and_only_the_owner_changes_it(
    clients: Mapping[str, Client], public: Network, installation: Installation
) -> None:
    path = f"{API}/{installation.public_id}"

    seen = {who: call(client, "GET", path)[0] for who, client in clients.items()}
    changed = {
        who: call(client, "PATCH", path, {"name": "Hall"})[0] for who, client in clients.items()
    }
    made = {
        who: call(client, "POST", API, {"name": "New", "network": public.slug})[0]
        for who, client in clients.items()
    }

    assert seen == {"stranger": 401, "other": 404, "collaborator": 200, "owner": 200, "admin": 200}
    assert changed == {
        "stranger": 401,
        "other": 404,
        "collaborator": 403,
        "owner": 200,
        "admin": 200,
    }
    assert made == {"stranger": 401, "other": 403, "collaborator": 403, "owner": 201, "admin": 201}


def test_the_log_of_an_installation_is_for_those_who_may_see_its_network(
    clients: Mapping[str, Client], network: Network, installation: Installation
) -> None:
    installation.identify(None)
    path = f"/api/v1/events?topic={installation.topic}"

    private = {who: call(client, "GET", path)[0] for who, client in clients.items()}
    Network.objects.filter(pk=network.pk).update(public=True)
    public = {who: call(client, "GET", path)[0] for who, client in clients.items()}

    assert private == {
        "stranger": 401,
        "other": 404,
        "collaborator": 200,
        "owner": 200,
        "admin": 200,
    }
    assert set(public.values()) == {200}


def test_every_change_is_an_event(owner: Client, installation: Installation) -> None:
    path = f"{API}/{installation.public_id}"

    call(owner, "PATCH", path, {"name": "Hall"})
    call(owner, "POST", f"{path}/displays", GRID)
    call(owner, "POST", f"{path}/identify", {"display": "big"})
    call(owner, "DELETE", f"{path}/displays/big")

    kinds = [event.type for event in log.read_after(installation.topic, None, 10)]
    assert kinds == [
        "installation.changed",
        "installation.changed",
        "display.identified",
        "installation.changed",
    ]


def test_a_waiting_screen_is_claimed_by_its_code(
    owner: Client, other: Client, stranger: Client, installation: Installation
) -> None:
    page = stranger.get("/kiosk/")
    code = Kiosk.objects.get().code
    body = {"code": f" {code.upper()} ", "installation": installation.public_id, "name": "door"}

    assert code in page.content.decode()
    assert call(other, "POST", "/api/v1/kiosks/claim", body)[0] == 404
    assert call(owner, "POST", "/api/v1/kiosks/claim", {**body, "code": "nobody"})[0] == 404
    status, shown = call(owner, "POST", "/api/v1/kiosks/claim", body)

    assert (status, shown["name"]) == (200, "door")
    assert stranger.get("/kiosk/").headers["Location"] == shown["url"]
    assert stranger.get(shown["url"]).status_code == 200


def test_claiming_again_takes_a_screen_from_nobody_else(
    owner: Client, other: Client, installation: Installation, add_display: AddDisplay
) -> None:
    kiosk = Kiosk.wait(at=timezone.now())
    Kiosk.objects.update(display=add_display("door"))
    thief = Network.create(owner=_user("bob@example.org"), name="Theirs")
    theirs = Installation.objects.create(network=thief, name="Elsewhere")
    body = {"code": kiosk.code, "installation": theirs.public_id, "name": "stolen"}

    assert call(other, "POST", "/api/v1/kiosks/claim", body)[0] == 404
    assert Display.objects.count() == 1


def _user(email: str) -> Any:
    from accounts.models import User

    return User.objects.get(email=email)


def test_waiting_screens_do_not_pile_up(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kiosk, "MAX_WAITING", 3)

    for _ in range(6):
        Kiosk.wait(at=timezone.now())

    assert Kiosk.objects.count() == 4


def test_a_screen_without_cookies_is_known_by_what_its_page_sends(
    owner: Client, stranger: Client, installation: Installation
) -> None:
    page = Client().get("/kiosk/")
    screen, code = page.context["screen"], page.context["code"]

    assert Client().get("/kiosk/", {"screen": screen}).context["code"] == code
    assert Kiosk.objects.count() == 1
    body = {"code": code, "installation": installation.public_id, "name": "door"}
    _, shown = call(owner, "POST", "/api/v1/kiosks/claim", body)
    assert Client().get("/kiosk/", {"screen": screen}).headers["Location"] == shown["url"]
    assert Client().get("/kiosk/", {"screen": code}).status_code == 200  # a guess is worth nothing


def test_a_code_that_is_shown_does_not_expire(db: None) -> None:
    begun = timezone.now() - timedelta(hours=30)
    kiosk = Kiosk.wait(at=begun)
    for hours in (11, 22):
        found = Kiosk.find_by_code(kiosk.code, at=begun + timedelta(hours=hours))
        assert found is not None
        found.note_seen(at=begun + timedelta(hours=hours))

    assert Kiosk.find_by_code(kiosk.code, at=begun + timedelta(hours=33)) is not None
    assert Kiosk.find_by_code(kiosk.code, at=begun + timedelta(hours=35)) is None


def test_screens_that_ask_again_are_not_pushed_out(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kiosk, "MAX_WAITING", 3)
    now = timezone.now()
    real = [Kiosk.wait(at=now) for _ in range(3)]
    for kiosk in real:
        kiosk.note_seen(at=now + timedelta(seconds=3))

    for n in range(20):
        Kiosk.wait(at=now + timedelta(seconds=4 + n))

    assert all(Kiosk.find_by_code(one.code, at=now) for one in real)
