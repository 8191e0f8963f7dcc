"""What the table beside a persistence diagram names."""

from __future__ import annotations

from invocations.models import Run
from observatory.persistence import LISTED, Bar, Diagram


def test_loops_are_listed_although_parts_last_longer() -> None:
    parts = [Bar(0, 0.0, 1 + at / 100) for at in range(2 * LISTED)]
    loops = [Bar(1, 0.5, 0.6), Bar(1, 0.5, 0.7)]

    listed = Diagram(Run(), 60, [*parts, *loops]).listed

    assert [one.is_loop for one in listed] == [True, True] + [False] * LISTED
    assert listed[0].lasts == "0.200"
