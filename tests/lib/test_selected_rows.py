"""Rows from a condition in SQL are those of the raw queryset that they stand for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation, Run
from lib.selected_rows import SelectedRows
from networks.models import Network

pytestmark = pytest.mark.django_db

REST = "WHERE run_id = %s ORDER BY sequence DESC LIMIT %s"
NEWEST = SelectedRows(Invocation, REST)


@pytest.fixture
def run(network: Network) -> Run:
    now = timezone.now()
    run = Run.objects.create(
        network=network, prompt="a", ring=network.slots, created_at=now, lockout_until=now
    )
    for sequence in range(3):
        Invocation.objects.create(
            run=run,
            network=network,
            sequence=sequence,
            slot=0,
            model="dummy:text-to-text",
            due_at=now + timedelta(seconds=sequence),
            substituted=sequence == 1,
        )
    return run


def test_every_column_is_as_in_a_raw_queryset(run: Run) -> None:
    raw = Invocation.objects.raw(f"SELECT * FROM invocations_invocation {REST}", [run.pk, 2])  # noqa: S608

    found = NEWEST.fetch(run.pk, 2)

    columns = [field.attname for field in Invocation._meta.concrete_fields]
    assert [{name: row.__dict__[name] for name in columns} for row in found] == [
        {name: row.__dict__[name] for name in columns} for row in raw
    ]
    assert [row.sequence for row in found] == [2, 1]


def test_a_row_that_was_found_can_be_saved(run: Run) -> None:
    step = NEWEST.fetch(run.pk, 1)[0]

    step.output_text = "changed"
    step.save(update_fields=["output_text"])

    assert Invocation.objects.get(pk=step.pk).output_text == "changed"


def test_without_a_match_there_are_no_rows(run: Run) -> None:
    assert NEWEST.fetch(run.pk + 1, 2) == []
