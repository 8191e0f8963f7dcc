"""How waiting screens are claimed by their codes, moved and released: on pages, by phones, by guessers."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from displays import installations
from displays.installations import NoSuchCode
from displays.models import Installation, Kiosk
from displays.wrong_codes import MAX_WRONG
from networks.models import Network
from tests.people import html_of

from .conftest import AddDisplay
from .test_api import call
from .test_installation_pages import changes, page_of, place


def test_a_screen_is_claimed_by_its_code_and_named(
    owner: Client, stranger: Client, installation: Installation
) -> None:
    stranger.get("/kiosk/")
    code = Kiosk.objects.get().code

    assert "What this screen is" in html_of(
        owner.get(f"/installations/claim/?code= {code.upper()}")
    )
    owner.post(place(installation, code), {"display": " new ", "name": "door"})

    display = installation.displays.get(name="door")
    assert stranger.get("/kiosk/").headers["Location"] == display.get_absolute_url()
    assert code in html_of(owner.get(page_of(installation)))


def test_a_screen_is_claimed_for_a_display_that_is_there(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    display = add_display("left")
    kiosk = Kiosk.wait(at=timezone.now())

    refused = owner.post(place(installation, kiosk.code), {"display": " new ", "name": "left wall"})
    owner.post(place(installation, kiosk.code), {"display": "left"})

    kiosk.refresh_from_db()
    assert refused.status_code == 422
    assert kiosk.display == display


def test_a_wrong_code_is_said_to_be_wrong_and_opens_nothing(
    owner: Client, other: Client, installation: Installation, add_display: AddDisplay
) -> None:
    kiosk = Kiosk.wait(at=timezone.now())
    kiosk.show(add_display("door"))

    wrong = owner.get("/installations/claim/?code=nobody")
    theirs = other.get(f"/installations/claim/?code={kiosk.code}")

    assert (wrong.status_code, theirs.status_code) == (422, 422)
    assert "No screen shows this code now." in html_of(wrong)
    assert "door" not in html_of(theirs)


def test_only_codes_that_one_has_typed_are_listed(
    owner: Client, other: Client, installation: Installation
) -> None:
    typed, unknown, placed = (Kiosk.wait(at=timezone.now()).code for _ in range(3))
    owner.get(f"/installations/claim/?code={typed}")
    owner.post(place(installation, placed), {"display": " new ", "name": "door"})

    mine = html_of(owner.get("/installations/claim/"))

    assert f"?code={typed}" in mine
    assert f"?code={unknown}" not in mine
    assert f"?code={placed}" not in mine
    assert typed not in html_of(other.get("/installations/claim/"))


def test_a_screen_moves_to_another_installation_and_both_are_told(
    owner: Client, network: Network, installation: Installation, add_display: AddDisplay
) -> None:
    hall = Installation.objects.create(network=network, name="Hall")
    kiosk = Kiosk.wait(at=timezone.now())
    kiosk.show(add_display("door"))

    owner.post(place(hall, kiosk.code), {"display": " new ", "name": "stairs"})

    kiosk.refresh_from_db()
    assert kiosk.display == hall.displays.get(name="stairs")
    assert (changes(installation), changes(hall)) == (1, 1)


def test_a_released_screen_shows_a_new_code(
    owner: Client, stranger: Client, installation: Installation, add_display: AddDisplay
) -> None:
    stranger.get("/kiosk/")
    kiosk = Kiosk.objects.get()
    kiosk.show(add_display("door"))

    owner.post(f"{page_of(installation)}screens/{kiosk.code}/release/")

    assert installation.displays.filter(name="door").exists()
    assert stranger.get("/kiosk/").context["code"] != kiosk.code
    assert owner.post(f"{page_of(installation)}screens/{kiosk.code}/release/").status_code == 404


def test_a_waiting_screen_has_a_code_for_phones_that_can_follow_it(
    stranger: Client, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://panic.example"
    shown = stranger.get("/kiosk/")
    settings.PUBLIC_URL = "http://localhost:8000"
    local = html_of(stranger.get("/kiosk/"))

    code = shown.context["code"]
    address = f"https://panic.example/installations/claim/?code={code}"
    assert shown.context["address"].url == address
    assert "<svg" in html_of(shown)
    assert code in local
    assert "<svg" not in local


def test_only_a_claimed_screen_asks_where_it_belongs(
    stranger: Client, installation: Installation, add_display: AddDisplay
) -> None:
    display, other = add_display("door"), add_display("stairs")
    stranger.get("/kiosk/")
    Kiosk.objects.get().show(display)

    assert "js/display-place" in html_of(stranger.get(display.get_absolute_url()))
    assert "js/display-place" not in html_of(stranger.get(other.get_absolute_url()))
    assert "js/display-place" not in html_of(Client().get(display.get_absolute_url()))


def test_a_screen_that_somebody_else_has_just_claimed_is_not_claimed_again(
    installation: Installation, add_display: AddDisplay
) -> None:
    door = add_display("door")
    Kiosk.wait(at=timezone.now())
    first, second = Kiosk.objects.get(), Kiosk.objects.get()
    installations.claim_kiosk(first, installation, "door")

    with pytest.raises(NoSuchCode):
        installations.claim_kiosk(second, installation, "stairs")

    assert Kiosk.objects.get().display == door
    assert not installation.displays.filter(name="stairs").exists()


def test_a_screen_that_is_gone_meanwhile_is_not_claimed(installation: Installation) -> None:
    kiosk = Kiosk.wait(at=timezone.now())
    Kiosk.objects.all().delete()

    with pytest.raises(NoSuchCode):
        installations.claim_kiosk(kiosk, installation, "door")

    assert not installation.displays.exists()


def test_a_screen_that_has_just_moved_elsewhere_is_not_released(add_display: AddDisplay) -> None:
    Kiosk.wait(at=timezone.now()).show(add_display("door"))
    known = Kiosk.objects.get()
    Kiosk.objects.get().show(add_display("stairs"))

    with pytest.raises(NoSuchCode):
        installations.release_kiosk(known)

    assert Kiosk.objects.get().display.name == "stairs"  # type: ignore[union-attr]


def test_whoever_guesses_codes_has_to_wait(
    owner: Client, other: Client, installation: Installation
) -> None:
    code = Kiosk.wait(at=timezone.now()).code
    cache.clear()
    claim = {"code": code, "installation": installation.public_id, "name": "door"}

    wrong = [owner.get("/installations/claim/?code=nobody").status_code for _ in range(MAX_WRONG)]
    page = owner.get(f"/installations/claim/?code={code}")
    status, problem = call(owner, "POST", "/api/v1/kiosks/claim", claim)
    others = other.get(f"/installations/claim/?code={code}")
    cache.clear()  # as after these minutes

    assert set(wrong) == {422}
    assert (page.status_code, page.headers["Retry-After"]) == (429, "600")
    assert "Wait 10 minutes" in html_of(page)
    assert (status, problem["code"]) == (429, "too_many")
    assert others.status_code == 200
    assert owner.get(f"/installations/claim/?code={code}").status_code == 200


def test_whoever_guesses_short_addresses_has_to_wait(
    stranger: Client, add_display: AddDisplay
) -> None:
    cache.clear()
    right = f"/r/{add_display().code}"
    first = [stranger.get(right).status_code, stranger.get("/r/nothing").status_code]
    for _ in range(MAX_WRONG):
        stranger.get("/r/nothing")

    assert first == [302, 302]
    assert stranger.get(right).status_code == 429
    assert stranger.get(right, REMOTE_ADDR="192.0.2.7").status_code == 302
    cache.clear()
