"""Mission control without a script: seeing, stopping, the receipt, resuming."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from invocations.models import Halt, Run
from tests.people import html_of


def test_it_asks_back_before_it_stops_everything(admin: Client, run: Run) -> None:
    first = admin.post(reverse("stop-all"), {"sure": "ask me"})

    assert "Stop everything?" in html_of(first)
    assert run.prompt in html_of(first)
    assert Halt.current() is None


def test_stop_all_leads_to_its_receipt_and_resume_lifts_it(admin: Client, run: Run) -> None:
    receipt = admin.post(reverse("stop-all"), {"sure": "yes"}, follow=True)
    run.refresh_from_db()

    assert run.state == "stopped"
    assert "What stop-all did" in html_of(receipt)
    assert "Everything is stopped." in html_of(admin.get(reverse("mission-control")))

    lifted = admin.post(reverse("resume-all"), follow=True)

    assert "1 run goes on" in html_of(lifted)
    assert Halt.current() is None
    assert Run.objects.live().get().prompt == run.prompt


def test_a_lane_is_stopped_from_there_and_leads_back(admin: Client, run: Run) -> None:
    path = reverse("networks:stop", args=[run.network.slug])

    answer = admin.post(path, {"next": "mission-control"})

    run.refresh_from_db()
    assert run.state == "stopped"
    assert answer.headers["Location"] == reverse("mission-control")


def test_everything_that_runs_is_seen(admin: Client, run: Run) -> None:
    text = html_of(admin.get(reverse("mission-control")))

    assert run.prompt in text
    assert run.network.owner.email in text
