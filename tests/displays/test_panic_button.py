"""The panic button in each of its situations: on a terminal, on the home page, and on a kiosk that is unlocked."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from displays import unlocking
from invocations import halts, runs
from invocations.models import Halt, Run, StopAll
from invocations.states import Reason
from networks import featured
from networks.models import Network
from tests.people import PASSWORD, Work, html_of

STOP = "/unlock/stop-all/"


def _terminal(network: Network) -> str:
    return reverse("networks:terminal", args=[network.slug])


def _unlock(kiosk: Client, network: Network, email: str, password: str = PASSWORD) -> int:
    path = f"/unlock/?next={_terminal(network)}"
    return kiosk.post(path, {"username": email, "password": password}).status_code


def _ended(run: Run, work: Work) -> None:
    work(run, "a red kite")
    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())


# On a terminal


def test_a_press_without_words_shows_a_run_from_the_archive_where_nothing_can_run(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    _ended(run, work)
    Network.objects.filter(pk=opened.pk).update(slots=[])

    page = html_of(stranger.post(_terminal(opened), {"prompt": ""}))

    assert "From the archive" in page
    assert "a red kite" in page.partition('id="terminal-replay"')[2].partition("</section>")[0]


def test_without_prompts_of_its_own_too(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    _ended(run, work)
    Network.objects.filter(pk=opened.pk).update(attract_prompts=[], slots=[])

    assert "From the archive" in html_of(stranger.post(_terminal(opened), {"prompt": ""}))


def test_while_everything_is_stopped_too(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    _ended(run, work)
    halts.stop_all(stopped_by=None, at=timezone.now())

    assert "From the archive" in html_of(stranger.post(_terminal(opened), {"prompt": ""}))


def test_words_that_are_refused_stay_and_nothing_is_replayed(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    _ended(run, work)
    halts.stop_all(stopped_by=None, at=timezone.now())

    page = html_of(stranger.post(_terminal(opened), {"prompt": "a bell"}))

    assert ">a bell</textarea>" in page
    assert "From the archive" not in page


def test_what_its_visitor_withdrew_is_not_replayed(
    stranger: Client, opened: Network, run: Run, work: Work
) -> None:
    _ended(run, work)
    Run.objects.update(withdrawn_at=timezone.now())
    Network.objects.filter(pk=opened.pk).update(slots=[])

    page = html_of(stranger.post(_terminal(opened), {"prompt": ""}))

    assert "a red kite" not in page


def test_its_key_is_on_the_page(stranger: Client, opened: Network) -> None:
    without = html_of(stranger.get(_terminal(opened)))
    Network.objects.filter(pk=opened.pk).update(panic_key="F13")
    with_key = html_of(stranger.get(_terminal(opened)))

    assert "data-panic-key" not in without
    assert 'data-panic-key="F13"' in with_key


@pytest.mark.parametrize("key", ["Escape", "F25", "ab", "Ctrl+A", "é"])
def test_a_key_that_no_button_should_type_is_refused(
    owner: Client, network: Network, key: str
) -> None:
    path = f"/api/v1/networks/{network.slug}"

    answer = owner.patch(path, {"panic_key": key}, content_type="application/json")

    assert answer.status_code == 422
    assert "panic_key" in answer.json()["errors"]


# Unlocked by an admin


def test_an_admin_unlocks_it_and_a_press_stops_everything(
    stranger: Client, root: User, opened: Network, run: Run
) -> None:
    assert _unlock(stranger, opened, root.email) == 302
    page = html_of(stranger.get(_terminal(opened)))
    answer = stranger.post(f"{STOP}?next={_terminal(opened)}")

    run.refresh_from_db()
    assert "Unlocked: the button stops everything." in page
    assert answer["Location"] == _terminal(opened)
    assert (run.state, StopAll.objects.get().stopped_by) == ("stopped", root)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "kiosk.unlocked",
        "panic.pressed",
    ]


def test_the_log_says_which_kiosk_was_unlocked_and_not_the_token_of_its_visitors(
    stranger: Client, root: User, opened: Network
) -> None:
    here = quote(f"{_terminal(opened)}?token=a-token")

    stranger.post(f"/unlock/?next={here}", {"username": root.email, "password": PASSWORD})

    assert AuditEntry.objects.get(action="kiosk.unlocked").about == _terminal(opened)


@pytest.mark.parametrize("typed", ["a\0b", "\ud800"])
def test_what_no_database_can_look_up_unlocks_nothing(
    stranger: Client, root: User, typed: str
) -> None:
    # Half a surrogate pair as a browser could send it
    body = {"username": typed.encode("utf-8", "surrogatepass"), "password": PASSWORD}
    right = {"username": root.email, "password": PASSWORD}

    assert stranger.post("/unlock/", body).status_code == 403
    assert stranger.post("/unlock/?next=/%00", right).headers["Location"] == "/"


def test_nobody_is_signed_in_by_unlocking(stranger: Client, root: User, opened: Network) -> None:
    _unlock(stranger, opened, root.email)

    assert stranger.get("/mission-control/").status_code == 302


def test_after_the_press_it_is_locked_again(stranger: Client, root: User, opened: Network) -> None:
    _unlock(stranger, opened, root.email)
    stranger.post(STOP)
    halts.resume_all(lifted_by=root, at=timezone.now())

    stranger.post(STOP)

    assert Halt.current() is None


def test_a_visitors_press_never_stops_anything(stranger: Client, opened: Network, run: Run) -> None:
    stranger.post(STOP)
    stranger.post(_terminal(opened), {"prompt": ""})

    assert Halt.current() is None


def test_a_curator_cannot_unlock_it(stranger: Client, alice: User, opened: Network) -> None:
    assert _unlock(stranger, opened, alice.email) == 403
    stranger.post(STOP)

    assert Halt.current() is None


def test_a_wrong_password_does_not_unlock_it(stranger: Client, root: User, opened: Network) -> None:
    assert _unlock(stranger, opened, root.email, "a-goat-in-the-snow") == 403
    assert unlocking.COOKIE not in stranger.cookies


def test_it_locks_itself(
    stranger: Client, root: User, opened: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unlock(stranger, opened, root.email)
    later = timezone.now() + timedelta(seconds=unlocking.UNLOCKED_SECONDS + 1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    stranger.post(STOP)

    assert Halt.current() is None
    assert "Unlocked" not in html_of(stranger.get(_terminal(opened)))


def test_it_can_be_locked(stranger: Client, root: User, opened: Network) -> None:
    _unlock(stranger, opened, root.email)
    stranger.post("/unlock/lock/")
    stranger.post(STOP)

    assert Halt.current() is None


def test_an_admin_who_is_none_any_more_has_unlocked_nothing(
    stranger: Client, root: User, opened: Network
) -> None:
    _unlock(stranger, opened, root.email)
    User.objects.update(is_superuser=False)

    stranger.post(STOP)

    assert Halt.current() is None


def test_the_way_back_leads_nowhere_else(stranger: Client, root: User) -> None:
    path = "/unlock/?next=//elsewhere.example/"

    answer = stranger.post(path, {"username": root.email, "password": PASSWORD})

    assert answer["Location"] == "/"


def test_another_site_cannot_send_the_cookie(stranger: Client, root: User, opened: Network) -> None:
    _unlock(stranger, opened, root.email)

    assert stranger.cookies[unlocking.COOKIE]["samesite"] == "Strict"
    assert stranger.cookies[unlocking.COOKIE]["httponly"]


# The featured network


def test_an_admin_chooses_where_the_button_leads(admin: Client, opened: Network) -> None:
    admin.post("/mission-control/featured/", {"network": opened.slug})

    assert featured.featured_network() == opened
    assert f'href="{_terminal(opened)}"' in html_of(Client().get("/"))
    assert AuditEntry.objects.get(action="network.featured").about == opened.slug


def test_one_network_is_featured_at_a_time_or_none(
    admin: Client, alice: User, opened: Network
) -> None:
    other = Network.create(alice, name="Shouts", public=True)
    for chosen in (opened.slug, other.slug):
        admin.post("/mission-control/featured/", {"network": chosen})
    both = list(Network.objects.filter(featured=True))
    admin.post("/mission-control/featured/", {"network": ""})

    assert both == [other]
    assert featured.featured_network() is None


def test_a_private_network_cannot_be_chosen(admin: Client, network: Network) -> None:
    page = admin.post("/mission-control/featured/", {"network": network.slug})
    call = admin.put(
        "/api/v1/featured-network", {"network": network.slug}, content_type="application/json"
    )

    assert (page.status_code, call.status_code) == (404, 422)
    assert featured.featured_network() is None
