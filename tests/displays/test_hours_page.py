"""The lines of opening hours on an installation's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from displays.models import Installation
from tests.people import html_of

from .test_hours import PERIOD

pytestmark = pytest.mark.django_db


def lines(*periods: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the form sends."""
    sent: dict[str, Any] = {"closed_on": "", **more}
    for index, period in enumerate(periods):
        sent |= {f"{name}_{index}": value for name, value in period.items()}
    return sent


@pytest.fixture
def path(installation: Installation) -> str:
    return reverse("installations:hours", args=[installation.public_id])


EMPTY = {"opens": "", "closes": "", "zone": "Europe/Zurich"}


def test_a_line_is_added_and_removed_without_scripts(
    installation: Installation, owner: Client, path: str
) -> None:
    page = html_of(owner.get(installation.get_absolute_url()))
    assert "Another line" in page
    assert "Remove line 1" not in page

    owner.post(path, lines(PERIOD, PERIOD | {"days": ["sat"]}, EMPTY))
    page = html_of(owner.get(installation.get_absolute_url()))
    assert "Remove line 2" in page
    owner.post(path, lines(PERIOD, PERIOD | {"days": ["sat"]}, EMPTY, without="0"))

    installation.refresh_from_db()
    assert [one["days"] for one in installation.opening_hours] == [["sat"]]


def test_a_wrong_line_is_kept_and_explained(
    installation: Installation, owner: Client, path: str
) -> None:
    answer = owner.post(path, lines(PERIOD | {"zone": "Zürich"}, EMPTY))

    assert answer.status_code == 422
    assert "Line 1: “Zürich” is no time zone; one is Europe/Zurich." in html_of(answer)
    assert 'value="10:00"' in html_of(answer)
    installation.refresh_from_db()
    assert installation.opening_hours == []


def test_closed_dates_are_typed_one_a_line(
    installation: Installation, owner: Client, path: str
) -> None:
    owner.post(path, lines(PERIOD, EMPTY, closed_on="2026-12-25\n2026-12-26\n"))

    installation.refresh_from_db()
    assert installation.closed_on == ["2026-12-25", "2026-12-26"]
