"""The pages on which a curator makes installations, arranges their displays and claims screens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from displays import boards
from displays.models import Board, Display, Installation, Kiosk
from networks.models import Network
from realtime import log
from tests.people import html_of

from .conftest import AddDisplay


def page_of(installation: Installation) -> str:
    return f"/installations/{installation.public_id}/"


def names(installation: Installation) -> list[str]:
    return list(installation.displays.values_list("name", flat=True))


def changes(installation: Installation) -> int:
    events = log.read_after(installation.topic, None, 100)
    return sum(event.type == "installation.changed" for event in events)


def place(installation: Installation, code: str) -> str:
    return f"/installations/claim/?code={code}&installation={installation.public_id}"


def test_an_installation_begins_with_a_row_of_screens(owner: Client, network: Network) -> None:
    given = {"name": "Foyer", "network": network.public_id, "screens": "4"}

    answer = owner.post("/installations/new/", given)

    made = Installation.objects.get()
    assert answer.headers["Location"] == page_of(made)
    assert [(one.name, one.stride, one.offsets) for one in made.displays.all()] == [
        (f"screen-{at + 1}", 4, [at]) for at in range(4)
    ]


def test_networks_of_others_are_not_on_offer_and_not_accepted(
    collaborator: Client, network: Network
) -> None:
    given = {"name": "Foyer", "network": network.public_id, "screens": "1"}

    answer = collaborator.post("/installations/new/", given)

    assert answer.status_code == 422
    assert network.public_id not in html_of(collaborator.get("/installations/new/"))
    assert not Installation.objects.exists()


def test_the_list_has_ones_own_and_shared_ones(
    owner: Client, collaborator: Client, other: Client, installation: Installation
) -> None:
    assert "Foyer" in html_of(owner.get("/installations/"))
    assert "alice@example.org" not in html_of(owner.get("/installations/")).partition("<main")[2]
    assert "alice@example.org" in html_of(collaborator.get("/installations/"))
    assert "Foyer" not in html_of(other.get("/installations/"))


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (
            {"type": "grid", "name": "big", "rows": "2", "columns": "3", "stride": "1"},
            {"kind": "grid", "rows": 2, "columns": 3, "stride": None},
        ),
        (
            {"type": "single", "name": "left", "stride": "8", "offsets": "1, 5", "rows": "9"},
            {"kind": "single", "stride": 8, "offsets": [0, 4], "rows": None},
        ),
        (
            {
                "type": "vestaboard",
                "name": "flaps",
                "stride": "8",
                "offsets": "8",
                "vestaboard_name": "panic_1",
                "initial_prompt": "on",
                "muted": "on",
            },
            {"kind": "vestaboard", "offsets": [7], "initial_prompt": True, "muted": True},
        ),
    ],
)
def test_displays_of_every_kind_are_added(
    owner: Client, installation: Installation, given: dict[str, str], fields: dict[str, Any]
) -> None:
    answer = owner.post(f"{page_of(installation)}displays/", given)

    display = Display.objects.get()
    assert answer.status_code == 302
    assert {name: getattr(display, name) for name in fields} == fields
    assert changes(installation) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "no spaces"}, "letters, digits and hyphens"),
        ({"offsets": "9"}, "only numbers from 1 to 8"),
        ({"offsets": "0"}, "Numbers from 1 with commas"),
        ({"offsets": "a few"}, "Numbers from 1 with commas"),
        ({"stride": ""}, "A single needs this."),
        ({"type": "hologram"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_with_a_display_is_said_beside_what_was_typed(
    owner: Client, installation: Installation, change: dict[str, str], words: str
) -> None:
    given = {"type": "single", "name": "left", "stride": "8", "offsets": "2"} | change

    answer = owner.post(f"{page_of(installation)}displays/", given)

    assert answer.status_code == 422
    assert words in html_of(answer)
    assert not Display.objects.exists()


def test_a_display_is_renamed_and_given_another_type(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    display = add_display("left", "single", stride=8, offsets=[2, 3])
    path = f"{page_of(installation)}displays/left/"
    assert 'value="3, 4"' in html_of(owner.get(path))

    owner.post(path, {"type": "grid", "name": "right", "rows": "1", "columns": "2"})

    display.refresh_from_db()
    assert (display.name, display.kind, display.rows, display.stride) == ("right", "grid", 1, None)
    assert owner.get(path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "order"),
    [("c 0", "cab"), ("a 1", "bac"), ("a 99", "bca"), ("b x", "bac")],
)
def test_displays_are_put_in_order(
    owner: Client, installation: Installation, add_display: AddDisplay, asked: str, order: str
) -> None:
    for name in "abc":
        add_display(name)

    answer = owner.post(f"{page_of(installation)}order/", {"do": asked})

    assert answer.status_code == 302
    assert "".join(names(installation)) == order
    assert changes(installation) == 1


def test_a_script_that_moves_a_display_gets_the_list_alone(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    for name in "ab":
        add_display(name)
    path = f"{page_of(installation)}order/"

    answer = owner.post(path, {"do": "b 0"}, headers={"HX-Request": "true"})

    assert html_of(answer).startswith('<div id="displays"')
    assert owner.post(path, {"do": "nobody 0"}).status_code == 404


def test_a_display_is_removed_and_its_screen_waits_again(
    owner: Client, stranger: Client, installation: Installation, add_display: AddDisplay
) -> None:
    stranger.get("/kiosk/")
    code = Kiosk.objects.get().code
    Kiosk.objects.get().show(add_display("door"))

    owner.post(f"{page_of(installation)}displays/door/remove/")

    answer = stranger.get("/kiosk/")
    assert answer.status_code == 200
    assert answer.context["code"] != code


def test_its_screens_follow_to_another_network(
    owner: Client, alice: Any, installation: Installation
) -> None:
    shouts = Network.create(alice, name="Shouts")
    given = {"name": "Hall", "network": shouts.public_id}

    owner.post(f"{page_of(installation)}change/", given)

    installation.refresh_from_db()
    assert (installation.name, installation.network) == ("Hall", shouts)
    assert changes(installation) == 1


def test_a_copy_has_displays_of_its_own_and_no_screens(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    display = add_display("left", "single", stride=8, offsets=[2], muted=True)
    Kiosk.wait(at=timezone.now()).show(display)

    owner.post(f"{page_of(installation)}duplicate/")

    copy = Installation.objects.latest("id")
    made = copy.displays.get()
    assert copy.name == "Copy of Foyer"
    assert (made.name, made.offsets, made.muted) == ("left", [2], True)
    assert {made.public_id, made.code}.isdisjoint({display.public_id, display.code})
    assert list(Kiosk.objects.values_list("display", flat=True)) == [display.pk]


def test_deleting_shows_first_what_goes(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    Kiosk.wait(at=timezone.now()).show(add_display("door"))
    path = f"{page_of(installation)}delete/"

    preview = html_of(owner.get(path))
    assert Installation.objects.exists()
    owner.post(path)

    assert "<dt>1</dt><dd>display, with its address</dd>" in preview
    assert "<dt>1</dt><dd>claimed screen" in preview
    assert not Installation.objects.exists()


SINGLE = {"type": "single", "name": "right", "stride": "1", "offsets": "1"}


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("{page}change/", {"name": "Hall", "network": "{network}"}),
        ("{page}delete/", {}),
        ("{page}displays/", SINGLE),
        ("{page}displays/left/", SINGLE),
        ("{page}displays/left/remove/", {}),
        ("{page}fleet/do/", {"do": "mute"}),
        ("{page}order/", {"do": "left 0"}),
        ("{claim}", {"display": " new ", "name": "door"}),
    ],
)
def test_an_installation_that_is_deleted_in_this_moment_is_not_found(
    owner: Client,
    installation: Installation,
    add_display: AddDisplay,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    given: dict[str, str],
) -> None:
    add_display("left", "single", stride=1, offsets=[0])
    known = {
        "page": page_of(installation),
        "claim": place(installation, Kiosk.wait(at=timezone.now()).code),
        "network": installation.network.public_id,
    }
    lock = Installation.lock

    def deleted_first(pk: int) -> Installation:
        Installation.objects.all().delete()
        return lock(pk)

    monkeypatch.setattr(Installation, "lock", deleted_first)

    sent = {name: value.format(**known) for name, value in given.items()}
    assert owner.post(path.format(**known), sent).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("get", "/installations/?after=nothing", {}, 404),
        ("get", "/installations/claim/?code=%00", {}, 422),
        ("get", "/installations/claim/?code=%C3%9F%C3%9F", {}, 422),
        ("get", "{page}fleet/?page=none", {}, 200),
        ("post", "{page}identify/", {"display": "a\0b"}, 404),
        ("post", "{page}order/", {"do": "a\0b 0"}, 404),
        ("post", "{page}order/", {}, 404),
        ("post", "{page}fleet/do/", {"do": "mute", "display": "\0"}, 404),
        ("post", "{page}screens/none/release/", {}, 404),
    ],
)
def test_no_input_is_an_error_of_ours(
    owner: Client,
    installation: Installation,
    method: str,
    path: str,
    given: dict[str, str],
    status: int,
) -> None:
    answer = getattr(owner, method)(path.format(page=page_of(installation)), given)

    assert answer.status_code == status


def test_the_list_says_how_the_boards_are(
    owner: Client, network: Network, installation: Installation, add_display: AddDisplay
) -> None:
    board = {"kind": "vestaboard", "stride": 1, "offsets": [0]}
    for name in ("panic_1", "panic_2"):
        add_display(name.replace("_", "-"), **board, vestaboard_name=name)
    made = boards.add(owner=network.owner, name="panic_1", key="k", size="3x15")
    Board.objects.filter(pk=made.pk).update(problem="Vestaboard does not accept the key (401).")

    page = html_of(owner.get(f"/installations/{installation.public_id}/"))

    assert "panic_1, Vestaboard Note: 3 rows of 15: Vestaboard does not accept the key" in page
    assert "panic_2, Vestaboard: 6 rows of 22: no device" in page
