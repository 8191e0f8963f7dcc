"""Hours that several change at the same moment; run on SQLite and on Postgres."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from displays import installations
from displays.events import InstallationClosed
from displays.models import Installation
from networks.models import Network
from realtime import log
from tests.concurrency import at_once

from .test_hours import PERIOD, closed_now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("round_number", range(5))
def test_two_installations_of_a_network_are_changed_at_once(
    network: Network, round_number: int
) -> None:
    made = [installations.create(network=network, name=name) for name in ("Foyer", "Hall")]
    days = ("mon", "sun")

    results = at_once(
        *(
            partial(installations.change, one, opening_hours=[PERIOD | {"days": [day]}])
            for one, day in zip(made, days, strict=True)
        )
    )

    assert not [one for one in results if isinstance(one, Exception)]
    stored = Network.objects.get(pk=network.pk).opening_hours
    assert stored
    assert [period["days"] for period in stored] == [["mon"], ["sun"]]


def test_many_web_processes_say_once_that_it_has_closed(installation: Installation) -> None:
    Installation.objects.filter(pk=installation.pk).update(opening_hours=closed_now())
    note = partial(Installation.note_dark, installation.pk, at=timezone.now())

    results = at_once(*[note] * 4)

    assert sorted(map(bool, results)) == [False, False, False, True]
    events = log.read_after(installation.topic, None, 50)
    assert [one.type for one in events] == [InstallationClosed.type]
