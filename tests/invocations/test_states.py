from __future__ import annotations

import re
from pathlib import Path

import pytest

from invocations import states
from invocations.states import IllegalMove, InvocationState, RunState

LIFECYCLE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"


def test_terminal_states_lead_nowhere() -> None:
    assert [state for state, following in states.RUN_MOVES.items() if not following] == [
        RunState.STOPPED,
        RunState.FAILED,
        RunState.COMPLETED,
    ]
    assert [state for state, following in states.INVOCATION_MOVES.items() if not following] == [
        InvocationState.COMPLETED,
        InvocationState.FAILED,
        InvocationState.CANCELLED,
    ]


def test_an_illegal_move_says_where_the_state_does_lead() -> None:
    with pytest.raises(IllegalMove) as refused:
        states.check_run_move(RunState.PAUSED, RunState.PAUSED)

    assert refused.value.allowed == ["completed", "failed", "running", "stopped"]


@pytest.mark.parametrize(
    ("heading", "moves"),
    [("## Run", states.RUN_MOVES), ("## Invocation", states.INVOCATION_MOVES)],
)
def test_the_documents_table_has_the_arrows_of_the_code(
    heading: str, moves: dict[str, frozenset[str]]
) -> None:
    section = LIFECYCLE.read_text().split(heading + "\n")[1].split("\n## ")[0]
    arrows = set()
    for old, new in re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE):
        for source in re.findall(r"`(\w+)`", old):
            arrows |= {(source, target) for target in re.findall(r"`(\w+)`", new)}

    assert arrows == {(str(old), str(new)) for old, news in moves.items() for new in news}
