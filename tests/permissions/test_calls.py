"""Every call of the API, made by everybody: the table in calls.py."""

from __future__ import annotations

from functools import partial

import pytest

from tests.permissions import calls
from tests.permissions.scenario import EVERYBODY, Stage, about_networks, filled, rows, undone

ROWS = {f"{row.method} {row.path.partition('?')[0]}": row for row in rows(calls.TABLE)}


@pytest.mark.django_db
@pytest.mark.parametrize("key", ROWS)
@pytest.mark.parametrize("stage", ["private"], indirect=True)
def test_a_call_is_for_those_it_is_for(stage: Stage, key: str) -> None:
    check(stage, key)


@pytest.mark.django_db
@pytest.mark.parametrize("key", about_networks(ROWS))
@pytest.mark.parametrize("stage", ["public"], indirect=True)
def test_a_call_about_a_public_network_is_for_those_it_is_for(stage: Stage, key: str) -> None:
    check(stage, key)


def check(stage: Stage, key: str) -> None:
    row = ROWS[key]
    path = row.path.format(**stage.places)
    body = filled(calls.GIVEN.get(key), stage.places)

    answers = {who: undone(partial(stage.calls, who, row.method, path, body)) for who in EVERYBODY}

    expected = row.statuses(stage.kind)
    expected["attendant"] = calls.ATTENDANT.get(key, expected["other"])
    assert {who: answer.status_code for who, answer in answers.items()} == expected
    refusals = {answer["Content-Type"] for answer in answers.values() if answer.status_code >= 400}
    assert refusals <= {"application/problem+json"}
