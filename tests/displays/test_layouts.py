"""Which step is placed where, without a database."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from displays.layouts import BoardSteps, Grid, Layout, Single, place_steps


@dataclass
class Step:
    sequence: int
    state: str = "completed"
    attempts_made: int = 0
    output_asset_id: int | None = None


def placed(layout: Layout, *steps: Step) -> list[int | None]:
    return [step.sequence if step else None for step in place_steps(layout, steps)]


def test_a_grid_overwrites_its_oldest_cell() -> None:
    steps = [Step(n) for n in range(8)]

    assert placed(Grid(2, 3), *steps) == [6, 7, 2, 3, 4, 5]
    assert Grid(2, 3).candidates(7) == [2, 3, 4, 5, 6, 7]


def test_a_single_screen_shows_its_own_steps() -> None:
    steps = [Step(n) for n in range(12)]

    assert placed(Single(8, (2,)), *steps) == [10]
    assert placed(Single(4, (1, 2)), *steps) == [10]


@pytest.mark.parametrize("state", ["ready", "invoking", "completed", "failed"])
def test_the_first_step_of_a_run_is_on_every_screen(state: str) -> None:
    assert placed(Single(8, (5,)), Step(0, state)) == [0]


def test_the_last_picture_stays_while_the_next_is_made() -> None:
    steps = [Step(0), Step(2), Step(4, "invoking")]

    assert placed(Single(2, (0,)), *steps) == [2]
    assert placed(Single(2, (0,), show_invoking=True), *steps) == [4]


def test_what_only_waits_or_was_stopped_takes_no_picture_off_the_wall() -> None:
    screen = Single(1, (0,), show_invoking=True)

    assert placed(screen, Step(0), Step(1), Step(2, "ready")) == [1]
    assert placed(screen, Step(0), Step(1), Step(2, "cancelled")) == [1]
    assert placed(screen, Step(0), Step(1), Step(2, "failed")) == [2]
    assert placed(screen, Step(0), Step(1), Step(2, "ready", attempts_made=1)) == [2]


def test_a_board_shows_the_texts_among_its_own_steps() -> None:
    board = BoardSteps(2, (1,))

    assert placed(board, Step(0)) == [None]
    assert placed(board, Step(0), Step(1), Step(2)) == [1]
    assert placed(board, Step(1), Step(3, output_asset_id=7)) == [1]
    assert placed(board, Step(1), Step(3, "invoking")) == [1]


@pytest.mark.parametrize(
    "layout", [Grid(2, 3), Grid(1, 1), Single(3, (1,)), Single(5, (0, 4)), BoardSteps(3, (2,))]
)
@pytest.mark.parametrize("latest", [0, 1, 5, 40])
def test_the_candidates_are_enough_to_hang_the_whole_run(layout: Layout, latest: int) -> None:
    steps = [Step(n) for n in range(latest + 1)]
    few = [step for step in steps if step.sequence in layout.candidates(latest)]

    assert placed(layout, *few) == placed(layout, *steps)
