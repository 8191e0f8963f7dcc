"""Whatever is done to a ring can be taken back, and done again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.editor import edits
from networks.editor.edits import EditDescription, EditRefused, History, Ring
from networks.rings import Slot

A, B, C = Slot("any:a"), Slot("any:b", {"seed": 1}), Slot("any:c", fallback="any:a")
slots = st.sampled_from([A, B, C])
rings = st.lists(slots, max_size=6).map(tuple)
# On a busy machine an example may take long; that is no failure.


@st.composite
def changes(draw: st.DrawFn) -> Callable[[Ring], Ring]:
    """Any change, at any place, there or not."""
    at, to, slot = draw(st.integers(0, 7)), draw(st.integers(0, 7)), draw(slots)
    made: list[Callable[[Ring], Ring]] = [
        lambda ring: edits.insert(ring, at, [slot]),
        lambda ring: edits.remove(ring, at),
        lambda ring: edits.duplicate(ring, at),
        lambda ring: edits.move(ring, at, to),
        lambda ring: edits.replace(ring, at, slot),
    ]
    return draw(st.sampled_from(made))


def after(history: History, change: Callable[[Ring], Ring]) -> History:
    try:
        return history.changed_to(change(history.ring), EditDescription("something"))
    except EditRefused:
        return history


@given(rings, st.lists(changes(), max_size=20))
def test_undoing_everything_leads_back_and_redoing_everything_leads_there_again(
    ring: Ring, done: list[Callable[[Ring], Ring]]
) -> None:
    history = History(ring)
    for change in done:
        history = after(history, change)
    end = history

    while history.past:
        history = history.undone()
    beginning = history
    while history.future:
        history = history.redone()

    assert beginning.ring == ring
    assert history == end


@given(rings, changes())
def test_undo_and_redo_are_each_others_inverse(ring: Ring, change: Callable[[Ring], Ring]) -> None:
    history = after(History(ring), change)

    if history.past:
        assert history.undone().ring == ring
        assert history.undone().redone() == history


@given(st.lists(slots, min_size=1, max_size=6).map(tuple), st.data())
def test_a_move_there_and_back_changes_nothing(ring: Ring, data: st.DataObject) -> None:
    places = st.integers(0, len(ring) - 1)
    at, to = data.draw(places), data.draw(places)

    moved = edits.move(ring, at, to)

    assert moved[to] == ring[at]
    assert edits.move(moved, to, at) == ring


@given(rings, st.lists(changes(), max_size=5))
def test_a_history_survives_being_written_down(
    ring: Ring, done: list[Callable[[Ring], Ring]]
) -> None:
    history = History(ring)
    for change in done:
        history = after(history, change)

    for step in history.past:
        assert edits.EditStep.from_json(step.as_json()) == step


def test_a_new_change_forgets_what_was_taken_back() -> None:
    undone = History((A,)).changed_to((A, B), EditDescription("b added")).undone()

    history = undone.changed_to((A, C), EditDescription("c added"))

    assert history.future == ()
    assert history.undone().ring == (A,)


def test_a_change_of_nothing_leaves_no_trace() -> None:
    history = History((A, A)).changed_to(edits.move((A, A), 0, 1), EditDescription("moved"))

    assert history.past == ()


def test_only_so_many_steps_are_kept() -> None:
    history = History(())
    for number in range(edits.MAX_UNDO_STEPS + 10):
        history = history.changed_to((Slot(f"any:{number}"),), EditDescription("replaced"))

    assert len(history.past) == edits.MAX_UNDO_STEPS


@pytest.mark.parametrize(
    "change",
    [
        lambda ring: edits.remove(ring, 1),
        lambda ring: edits.move(ring, 0, 1),
        lambda ring: edits.duplicate(ring, 5),
        lambda ring: edits.insert(ring, 2, [B]),
        lambda ring: edits.replace(ring, -1, B),
    ],
)
def test_a_slot_that_is_not_there_is_refused_in_words(change: Callable[[Ring], Ring]) -> None:
    with pytest.raises(EditRefused, match=r"There is no (slot|slot|position) -?\d in this ring"):
        change((A,))


def test_with_nothing_to_undo_or_redo_it_says_so() -> None:
    with pytest.raises(EditRefused, match="nothing left to undo"):
        History((A,)).undone()
    with pytest.raises(EditRefused, match="nothing to redo"):
        History((A,)).redone()


def test_a_description_that_was_stored_as_a_plain_sentence_is_shown_as_it_is() -> None:
    stored = {"told": "“100 % Painter” removed from slot 1", "slots": []}

    assert str(edits.EditStep.from_json(stored).description) == stored["told"]
