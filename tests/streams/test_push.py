"""What a sender makes of the times of a stream that goes on for weeks."""

from __future__ import annotations

from streams.push import WRAP, PacketTimes

HOUR = 90_000 * 3600


def test_times_go_on_where_those_of_the_transport_stream_begin_anew() -> None:
    timeline = PacketTimes()
    true = [WRAP - 2 * HOUR + hour * HOUR for hour in range(24 * 30)]

    found = [timeline.continued(at % WRAP) for at in true]

    assert found == true


def test_times_go_on_where_the_demuxer_has_added_a_lap_and_takes_it_back() -> None:
    timeline = PacketTimes()
    begins = WRAP - 2 * HOUR
    true = [begins + hour * HOUR for hour in range(40)]
    seen = [at if at < begins + WRAP else at - WRAP for at in true]

    assert [timeline.continued(at) for at in seen] == true


def test_sound_and_pictures_that_are_a_little_apart_stay_so() -> None:
    timeline = PacketTimes()
    true = [WRAP - 5_000, WRAP - 6_500, WRAP + 100, WRAP - 1_500, WRAP + 3_100, WRAP + 1_500]

    assert [timeline.continued(at % WRAP) for at in true] == true
