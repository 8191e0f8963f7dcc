"""What a visitor takes home, and taking it back."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from archive.models import ContactSheet
from archive.views.visitor_pages import HIGHLIGHTS
from displays import replay
from displays.wall_states import wall_state_of_network
from invocations import halts, runs, visitor_access
from invocations.models import Invocation, Run
from invocations.states import Reason
from networks.models import Network
from realtime.models import Event
from studio.status import status_of_network
from tests.people import Work, html_of


def _take_home(visitor: Client, run: Run) -> str:
    """As the visitor does who scans the code; the address without the right in it."""
    answer = visitor.get(visitor_access.private_url_path(run))
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def _withdraw(who: Client, run: Run) -> int:
    return who.post(f"{visitor_access.url_path(run)}withdraw/").status_code


def test_who_starts_a_run_at_the_terminal_is_given_its_souvenir(
    stranger: Client, opened: Network
) -> None:
    path = opened.get_terminal_url()
    before = html_of(stranger.get(path))

    stranger.post(path, {"prompt": "a red balloon"})
    after = html_of(stranger.get(path))
    next_door = html_of(Client().get(path))

    run = opened.runs.get()
    assert visitor_access.private_url_path(run) in after
    assert "<svg" in after
    assert visitor_access.withdrawal_token(run) not in before + next_door
    assert re.search(r'id="terminal-souvenir"[^>]* hidden', next_door)


def test_everybody_at_the_terminal_is_given_the_page_once_the_run_is_over(
    stranger: Client, opened: Network, run: Run
) -> None:
    path = opened.get_terminal_url()
    during = html_of(stranger.get(path))

    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
    after = html_of(stranger.get(path))

    assert visitor_access.url_path(run) not in during
    assert f'href="{visitor_access.url_path(run)}"' in after
    assert visitor_access.withdrawal_token(run) not in after


def test_whoever_has_the_address_sees_words_and_work_and_nothing_else(
    clients: Mapping[str, Client], run: Run, work: Work
) -> None:
    for n in range(30):
        work(run, f"frame {n}.", usd=0.123)

    for who in clients.values():
        answer = who.get(visitor_access.url_path(run))
        text = html_of(answer)
        frames = re.findall(r"frame \d+", text)
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert "noindex" in text
        assert "a red balloon" in text
        assert (frames[0], frames[-1]) in [("frame 0", "frame 29"), ("frame 0", "frame 27")]
        assert len(frames) <= HIGHLIGHTS
        assert "0.12" not in text
        assert "alice" not in text
        assert run.get_absolute_url() not in text  # the network is private


def test_an_address_cannot_be_made_up(stranger: Client, run: Run) -> None:
    key = visitor_access.url_path(run).split("/")[2]

    for guess in (run.public_id, key[:-1], key[:-1] + ("a" if key[-1] != "a" else "b"), "x"):
        assert stranger.get(f"/souvenirs/{guess}/").status_code == 404


def test_the_right_travels_in_a_cookie_of_the_page_alone(stranger: Client, run: Run) -> None:
    answer = stranger.get(visitor_access.private_url_path(run))

    cookie = answer.cookies["mine"]
    assert answer.headers["Location"] == visitor_access.url_path(run)
    assert (cookie["path"], cookie["httponly"]) == (visitor_access.url_path(run), True)
    assert "mine" not in stranger.get(visitor_access.url_path(run) + "?mine=guess").cookies


def test_the_visitor_takes_the_words_back_and_nobody_else_does(
    clients: Mapping[str, Client], public: Network, run: Run, work: Work
) -> None:
    step = work(run, "what was made")
    visitor = Client()
    page = _take_home(visitor, run)

    refused = {who: _withdraw(client, run) for who, client in clients.items()}
    shown = html_of(visitor.get(page))
    taken = _withdraw(visitor, run)

    assert set(refused.values()) == {403}
    assert "Take my words back" in shown
    assert "Take my words back" not in html_of(clients["owner"].get(page))
    assert taken == 302
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "withdrawn")
    assert visitor.get(page).status_code == 410
    for path in (run.get_absolute_url(), step.get_absolute_url()):
        seen = {who: client.get(path).status_code for who, client in clients.items()}
        assert seen == {
            "stranger": 404,
            "other": 404,
            "collaborator": 200,
            "owner": 200,
            "admin": 200,
        }
    for path in ("/runs/", f"/n/{public.slug}/runs/", f"/n/{public.slug}/", "/api/v1/runs"):
        assert "a red balloon" not in html_of(clients["stranger"].get(path))
    assert "withdrawn by its visitor" in html_of(clients["owner"].get("/runs/"))


def test_what_was_withdrawn_is_gone_from_walls_rooms_sheets_and_the_archive(
    owner: Client, stranger: Client, public: Network, run: Run, work: Work
) -> None:
    step = work(run, "what was made")
    at = timezone.now()
    sheet = ContactSheet.make(run=run, sequences=[0], made_by=public.owner)
    older = Run.objects.create(
        network=public, prompt="older", ring=[], state="completed", lockout_until=at, ended_at=at
    )

    Invocation.objects.create(
        run=older, network=public, sequence=0, slot=0, model="dummy:noop", state="completed"
    )

    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=at)
    replay.clear_cache()

    assert status_of_network(public).run == older
    assert wall_state_of_network(public).run == older
    moment = replay.ReplayMoment(run.pk, 0, working=False, began_at=at)
    assert replay.steps_at(moment) == []
    assert stranger.get(sheet.get_absolute_url()).status_code == 404
    assert step.output_text not in html_of(stranger.get(f"/n/{public.slug}/wall/"))
    event = Event.objects.filter(type="run.withdrawn").get()
    assert event.data == {"run": run.public_id, "state": "stopped", "reason": "withdrawn"}


def test_runs_that_went_on_from_it_go_along(network: Network, run: Run, work: Work) -> None:
    step = work(run)
    branch = runs.branch_run(source=step, at=timezone.now())
    after = runs.branch_run(source=work(branch), at=timezone.now())

    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=timezone.now())
    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=timezone.now())

    assert Run.objects.filter(withdrawn_at__isnull=True).count() == 0
    after.refresh_from_db()
    assert (after.state, after.reason) == ("stopped", "withdrawn")
    assert not network.runs.live().exists()


def test_resume_does_not_bring_back_what_was_withdrawn(
    network: Network, run: Run, work: Work
) -> None:
    work(run)
    halts.stop_all(stopped_by=network.owner, at=timezone.now())
    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=timezone.now())

    assert halts.resume_all(lifted_by=network.owner, at=timezone.now()).runs == []


def test_the_code_to_be_scanned_carries_the_right_only_where_it_was_given(
    stranger: Client, run: Run
) -> None:
    path = reverse("visitor-page-code", args=[visitor_access.url_path(run).split("/")[2]])

    plain = stranger.get(path)
    own = stranger.get(f"{path}?mine={visitor_access.withdrawal_token(run)}")
    guessed = stranger.get(f"{path}?mine=guess")

    assert plain.headers["Content-Type"] == "image/svg+xml"
    assert plain.content.startswith(b"<svg xmlns")
    assert guessed.content == plain.content
    assert own.content != plain.content


def test_what_was_performed_elsewhere_has_no_souvenir(stranger: Client, run: Run) -> None:
    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
    Run.objects.filter(pk=run.pk).update(imported=True)

    assert stranger.get(visitor_access.url_path(run)).status_code == 404


@pytest.mark.parametrize("right", ["", "guess"])
def test_through_the_api_too_only_the_visitor_takes_back(
    stranger: Client, owner: Client, opened: Network, right: str
) -> None:
    run = runs.start_run(network=opened, prompt="a bell", at=timezone.now()).run
    path = f"/api/v1{visitor_access.url_path(run).rstrip('/')}"

    refused = stranger.delete(f"{path}?mine={right}")
    taken = stranger.delete(f"{path}?mine={visitor_access.withdrawal_token(run)}")

    assert (refused.status_code, taken.status_code) == (403, 204)
    run.refresh_from_db()
    assert run.withdrawn_at is not None
