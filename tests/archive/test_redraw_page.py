"""One step drawn again, on its page."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from invocations.models import Run
from observatory.models import Redraw
from tests.people import Work, html_of


def test_a_step_is_drawn_again_by_those_who_control(
    owner: Client, other: Client, run: Run, work: Work
) -> None:
    step = work(run, "a kite")
    address = reverse("invocations:redraw", args=[step.public_id])

    before = html_of(owner.get(address))
    begun = owner.post(address)
    part = html_of(owner.get(f"{address}?part=1"))
    again = html_of(owner.post(address, follow=True))

    assert "It has not been drawn again yet." in before
    assert begun.status_code == 302
    assert Redraw.objects.get().times == 5
    assert part.count("draws-waiting muted") == 5
    assert "<main" not in part
    assert "is being drawn again just now" in again
    assert other.post(address).status_code == 404


def test_the_page_of_a_step_leads_there(owner: Client, run: Run, work: Work) -> None:
    step = work(run, "a kite", truncated=True)

    page = html_of(owner.get(step.get_absolute_url()))

    assert reverse("invocations:redraw", args=[step.public_id]) in page
    assert "cut off at its limit" in page
