"""The number of a frame follows from the time of day, whatever the machine can do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.encoder.clock import (
    FPS,
    MAX_LATE_FRAMES,
    SEGMENT_FRAMES,
    FrameClock,
    first_frame,
    frame_at,
    time_of,
)

NOW = 1_790_000_000.0


class Watch:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> float:
        return self.at


def caught_up(watch: Watch) -> FrameClock:
    clock = FrameClock(frame_at(NOW), watch)
    while clock.next_frame() is not None:
        continue
    return clock


def test_frames_come_one_by_one_while_the_machine_is_quick_enough() -> None:
    watch = Watch()
    clock = caught_up(watch)

    made = []
    for _ in range(90):
        watch.at += 1 / FPS
        made.append(clock.next_frame())

    assert [one for one in made if one is not None] == sorted(
        {one for one in made if one is not None}
    )
    assert clock.late_frames == 0
    assert len([one for one in made if one is not None]) >= 89


def test_what_is_late_is_skipped_and_counted() -> None:
    watch = Watch()
    clock = caught_up(watch)

    watch.at += 2.0
    frame = clock.next_frame()

    assert frame == frame_at(watch.at)
    assert clock.late_frames == 59


def test_a_little_lateness_is_caught_up_without_a_skip() -> None:
    watch = Watch()
    clock = caught_up(watch)

    watch.at += MAX_LATE_FRAMES / FPS

    first, second = clock.next_frame(), clock.next_frame()
    assert first is not None
    assert second == first + 1
    assert clock.late_frames == 0


def test_what_a_dead_encoder_left_out_is_made_up_for_with_the_first_frame_of_each_segment() -> None:
    watch = Watch()
    first = frame_at(NOW) - 5 * SEGMENT_FRAMES // 2
    clock = FrameClock(first, watch)

    made = []
    while (frame := clock.next_frame()) is not None:
        made.append(frame)

    begins = [one for one in range(first, frame_at(NOW) + 1) if one % SEGMENT_FRAMES == 0]
    assert made[0] == first
    assert set(begins) <= set(made)
    assert made[-1] == frame_at(NOW)
    assert len(made) < (frame_at(NOW) - first) / 3
    assert clock.late_frames == 0


@given(ago=st.floats(0, 11.9))
def test_a_new_encoder_begins_where_the_newest_segment_ended(ago: float) -> None:
    end = time_of(frame_at(NOW - ago))

    assert first_frame(end, NOW) == frame_at(NOW - ago)


@given(end=st.one_of(st.none(), st.floats(NOW + 1, NOW + 1e6), st.floats(0, NOW - 13)))
def test_without_a_segment_of_a_moment_ago_there_are_three_to_begin_with(end: float | None) -> None:
    assert first_frame(end, NOW) == frame_at(NOW - 6)
