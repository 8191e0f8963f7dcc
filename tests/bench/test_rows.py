"""How a row is judged, and what it looks like to people and to programs."""

from __future__ import annotations

import json

import pytest

from bench.rows import (
    Row,
    judge_difference,
    judge_maximum,
    judge_pairs,
    judge_ratio,
    not_measured,
    ratio_bar,
)
from bench.table import format_table

MAX_SPREAD = [10.0, 10.0, 11.0]


def test_a_ratio_is_that_of_the_median_rounds() -> None:
    row = judge_ratio("B1.celery", ours=[5.0, 12.0, 13.0], theirs=MAX_SPREAD, maximum=1.5)

    assert (row.value, row.baseline, row.ratio) == (12, 10, 1.2)
    assert row.passed
    assert row.bar == "≤ 1.5x"


@pytest.mark.parametrize(("ours", "passed"), [(15.0, True), (15.1, False)])
def test_the_bar_itself_still_passes(ours: float, passed: bool) -> None:
    assert judge_ratio("B1", ours=[ours], theirs=[10.0], maximum=1.5).passed is passed


def test_a_baseline_that_varies_says_so_instead_of_passing() -> None:
    row = judge_ratio(
        "B1", ours=[1.0] * 3, theirs=[10.0, 15.0, 21.0], maximum=1.5, note="on SQLite"
    )

    assert not row.passed
    assert row.note == "the baseline varied 2.1x between rounds; on SQLite"


def test_a_floor_is_enough_whatever_the_baseline_does() -> None:
    under = judge_ratio("B2", ours=[24.0], theirs=[1.0], maximum=1.5, floor=25)
    over = judge_ratio("B2", ours=[26.0], theirs=[1.0], maximum=1.5, floor=25)
    unsteady = judge_ratio("B2", ours=[24.0], theirs=[1.0, 3.0], maximum=1.5, floor=25)

    assert under.bar == "≤ max(25 ms, 1.5x)"
    assert [row.passed for row in (under, over, unsteady)] == [True, False, True]
    assert "varied" in unsteady.note


def test_a_plain_bar_needs_no_baseline() -> None:
    row = judge_maximum("B7", ours=[90.0, 110.0], value=110, maximum=200, unit="ms")

    assert (row.passed, row.baseline, row.ratio) == (True, None, None)
    assert not judge_maximum("B7", ours=[201.0], value=201, maximum=200, unit="ms").passed


@pytest.mark.parametrize(("ours", "passed"), [(27.0, True), (27.1, False)])
def test_a_bar_may_leave_some_milliseconds_beside_the_baseline(ours: float, passed: bool) -> None:
    row = judge_difference("B6", ours=[ours], theirs=MAX_SPREAD, added=17)

    assert (row.passed, row.bar) == (passed, "≤ baseline + 17 ms")
    assert not judge_difference("B6", ours=[1.0], theirs=[10.0, 21.0], added=17).passed


@pytest.mark.parametrize(("last", "passed"), [(9.0, True), (12.1, False)])
def test_pairs_are_judged_by_the_median_of_their_ratios(last: float, passed: bool) -> None:
    row = judge_pairs("B4", ours=[9.0, 30.0, last], theirs=[3.0, 6.0, 4.0], maximum=3)

    assert (row.passed, row.value, row.baseline) == (passed, sorted([9.0, 30.0, last])[1], 4)
    assert row.ratio == max(3.0, last / 4)
    assert row.as_json()["ratio"] == round(max(3.0, last / 4), 4)


def test_pairs_with_a_baseline_that_varies_do_not_pass() -> None:
    row = judge_pairs("B4", ours=[1.0, 1.0], theirs=[10.0, 21.0], maximum=3, note="busy")

    assert not row.passed
    assert row.note == "the baseline varied 2.1x between rounds; busy"


def test_a_bar_is_shown_with_three_digits() -> None:
    assert [ratio_bar(one, "ms") for one in (1 / 12, 0.4, 1.1)] == ["≤ 0.0833x", "≤ 0.4x", "≤ 1.1x"]


def test_a_row_has_the_agreed_fields_and_its_raw_rounds() -> None:
    row = judge_ratio("B1.celery", ours=[12.34567], theirs=[10.0], maximum=1.5, note="two workers")

    assert json.loads(json.dumps(row.as_json())) == {
        "id": "B1.celery",
        "value": 12.3457,
        "baseline": 10.0,
        "ratio": 1.2346,
        "unit": "ms",
        "bar": "≤ 1.5x",
        "pass": True,
        "note": "two workers",
        "raw": {"ours": [12.3457], "baseline": [10.0]},
    }


def test_what_was_not_measured_does_not_pass_and_says_why() -> None:
    content = not_measured("B1.celery", "≤ 1.5x", "ms", "there is no redis-server").as_json()

    assert content["pass"] is False
    assert content["note"] == "not measured: there is no redis-server"
    assert (content["value"], content["baseline"], content["ratio"]) == (None, None, None)


def test_the_table_has_a_line_a_row_and_a_sum() -> None:
    rows = [
        Row("B1.celery", "≤ 1.5x", "ms", 12.0, 10.0, passed=True, note="two workers each"),
        not_measured("B8.idle", "≤ 250 MB", "MB", "nothing is there"),
    ]

    lines = format_table(rows).splitlines()

    assert lines[0].split() == ["row", "value", "baseline", "ratio", "bar"]
    assert lines[1].split() == [
        "pass",
        "B1.celery",
        "12.00",
        "ms",
        "10.00",
        "ms",
        "1.20x",
        "≤",
        "1.5x",
    ]
    assert lines[2].strip() == "two workers each"
    assert lines[3].split() == ["FAIL", "B8.idle", "-", "-", "-", "≤", "250", "MB"]
    assert lines[-1] == "1 of 2 rows pass."
