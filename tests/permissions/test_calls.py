"""Every call of the API, made by everybody: the table in calls.py."""

from __future__ import annotations

from functools import partial

import pytest

from tests.permissions import calls
from tests.permissions.scenario import WHO, Stage, cases, filled, rows, undone

ROWS = {f"{row.method} {row.path.partition('?')[0]}": row for row in rows(calls.TABLE)}


@pytest.mark.django_db
@pytest.mark.parametrize(("stage", "key"), cases(ROWS), indirect=["stage"], scope="module")
def test_a_call_is_for_those_it_is_for(stage: Stage, key: str) -> None:
    row = ROWS[key]
    path = row.path.format(**stage.places)
    body = filled(calls.GIVEN.get(key), stage.places)

    answers = {who: undone(partial(stage.calls, who, row.method, path, body)) for who in WHO}

    assert {who: answer.status_code for who, answer in answers.items()} == row.statuses(stage.kind)
    refusals = {answer["Content-Type"] for answer in answers.values() if answer.status_code >= 400}
    assert refusals <= {"application/problem+json"}


@pytest.mark.django_db
@pytest.mark.parametrize(("stage", "key"), cases(ROWS), indirect=["stage"], scope="module")
def test_an_attendant_may_make_the_attendants_calls_and_no_other(stage: Stage, key: str) -> None:
    row = ROWS[key]
    path = row.path.format(**stage.places)
    body = filled(calls.GIVEN.get(key), stage.places)

    answer = undone(partial(stage.calls, "attendant", row.method, path, body))

    expected = calls.ATTENDANT.get(key, row.statuses(stage.kind)["other"])
    assert answer.status_code == expected
