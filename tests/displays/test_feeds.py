"""What a display is told: its own steps as they are now, STOPPED at once, its new arrangement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from displays.feeds import DisplayFeed, find
from displays.models import Display, Installation
from invocations import halts, runs
from invocations.models import Invocation, Run
from networks.models import Network
from realtime import log
from realtime.events import Progress
from realtime.feeds import Denied
from realtime.models import Event
from tests.people import Work, html_of

from .conftest import AddDisplay

Take = Callable[[Run], Any]


def feed_of(display: Display) -> DisplayFeed:
    found = find(display.installation.public_id, display.name)
    assert found is not None
    return DisplayFeed(found)


def happened(topic: str, kind: str) -> Event:
    return [event for event in log.read_after(topic, None, 500) if event.type == kind][-1]


def test_a_grid_draws_the_cell_of_a_step(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display())
    feed.render(happened(network.topic, "run.started"))  # whatever was there before is gone
    work(run, "a red kite")

    frame = feed.render(happened(network.topic, "invocation.completed"))

    assert frame is not None
    assert set(frame.html) == {"tile-0"}
    assert "a red kite" in frame.html["tile-0"]


def test_a_display_hears_nothing_of_steps_that_hang_elsewhere(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display("third", "single", stride=4, offsets=[2]))
    feed.render(happened(network.topic, "run.started"))
    work(run)
    work(run)

    assert feed.render(happened(network.topic, "invocation.completed")) is None
    work(run, "mine")
    frame = feed.render(happened(network.topic, "invocation.completed"))

    assert frame is not None
    assert "mine" in frame.html["tile-0"]


def test_a_late_event_shows_the_present_and_not_the_past(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display("all", "single", stride=1, offsets=[0]))
    feed.render(happened(network.topic, "run.started"))
    work(run, "first")
    late = happened(network.topic, "invocation.completed")
    work(run, "second")

    frame = feed.render(late)

    assert frame is not None
    assert "second" in frame.html["tile-0"]


def test_late_events_show_what_has_come_since_those_that_were_read_before(
    network: Network,
    run: Run,
    work: Work,
    add_display: AddDisplay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("displays.feeds._PRESENT_SECONDS", 60.0)
    feed = feed_of(add_display("all", "single", stride=1, offsets=[0]))
    for words in ("a red kite", "a blue boat"):
        work(run, words)
        late = happened(network.topic, "invocation.completed")
        late.created_at -= timedelta(minutes=1)
        late.begins_batch = True

        frame = feed.render(late)

        assert frame is not None
        assert words in frame.html["tile-0"]


def test_a_page_that_joins_while_an_event_is_drawn_does_not_disturb_it(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display())
    feed.render(happened(network.topic, "run.started"))
    work(run, "a red kite")
    event = happened(network.topic, "invocation.completed")

    asked = []

    class TypeDuringSnapshot(str):
        """Asked once more for what an event is about, it does what the thread of snapshots may do then."""

        def startswith(self, *args: Any) -> bool:
            asked.append(args)
            if len(asked) == 3:
                feed.snapshot()
            return super().startswith(*args)

    event.type = TypeDuringSnapshot(event.type)
    frame = feed.render(event)

    assert len(asked) >= 3
    assert frame is not None
    assert "a red kite" in frame.html["tile-0"]


def progress_of(network: Network, step: Invocation, words: str) -> Progress:
    data = {"invocation": step.public_id, "status": words}
    return Progress(network.topic, "invocation.progressed", data)


def test_a_working_tile_shows_what_the_provider_says(
    network: Network, run: Run, take: Take, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display())
    step = take(run).invocation

    said = feed.render_progress(progress_of(network, step, "<b>starting</b>"))

    assert said == {
        "tile-0-status": '<span class="tile-status" id="tile-0-status">'
        "&lt;b&gt;starting&lt;/b&gt;</span>\n"
    }


def test_a_screen_that_is_drawn_in_the_middle_of_a_step_shows_the_newest_words_too(
    network: Network, run: Run, take: Take, work: Work, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display())
    step = take(run).invocation
    feed.render_progress(progress_of(network, step, "place 3 in the queue"))

    assert "place 3 in the queue" in feed.snapshot()["screen"]
    Invocation.objects.filter(pk=step.pk).update(state="completed")
    assert "place 3 in the queue" not in feed.snapshot()["screen"]


def test_words_about_a_step_that_is_over_or_hangs_elsewhere_are_not_shown(
    network: Network, run: Run, take: Take, work: Work, add_display: AddDisplay
) -> None:
    grid, elsewhere, done_only = map(
        feed_of,
        (
            add_display(),
            add_display("third", "single", stride=4, offsets=[2], show_invoking=True),
            add_display("done", "single", stride=4, offsets=[1]),
        ),
    )
    first = work(run)
    second = take(run).invocation

    assert grid.render_progress(progress_of(network, first, "late")) == {}
    assert set(grid.render_progress(progress_of(network, second, "now"))) == {"tile-1-status"}
    assert elsewhere.render_progress(progress_of(network, second, "now")) == {}
    assert done_only.render_progress(progress_of(network, second, "now")) == {}


def test_a_long_line_of_a_log_ends_after_a_word(
    network: Network, run: Run, take: Take, add_display: AddDisplay
) -> None:
    step = take(run).invocation

    said = feed_of(add_display()).render_progress(
        progress_of(network, step, "loading weights " * 12)
    )

    assert said["tile-0-status"].endswith("weights …</span>\n")


def test_a_new_run_is_on_every_screen_at_once_and_what_is_left_of_the_old_one_is_not(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    grid, single = (
        feed_of(add_display()),
        feed_of(add_display("fifth", "single", stride=8, offsets=[5])),
    )
    for _ in range(3):
        work(run, "of old")
    old = happened(network.topic, "invocation.completed")
    runs.start_run(network=network, prompt="new", at=timezone.now(), waive_lockout=True)
    started = happened(network.topic, "run.started")

    frames = [feed.render(started) for feed in (grid, single)]

    for frame in frames:
        assert frame is not None
        assert 'data-state="ready"' in frame.html["tile-0"]
        assert not any("of old" in html for html in frame.html.values())
    assert grid.render(old) is None


def test_the_red_button_is_seen_on_every_wall_even_an_idle_one(
    network: Network, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display())
    halts.stop_all(stopped_by=None, at=timezone.now())
    stopped = feed.render(happened("mission-control", "panic.pressed"))
    halts.resume_all(lifted_by=None, at=timezone.now())
    lifted = feed.render(happened("mission-control", "panic.lifted"))

    assert stopped is not None
    assert "STOPPED" in stopped.html["wall-notice"]
    assert lifted is not None
    assert "STOPPED" not in lifted.html["wall-notice"]


def test_a_new_arrangement_is_drawn_whole(
    installation: Installation, add_display: AddDisplay
) -> None:
    display = add_display()
    feed = feed_of(display)
    with transaction.atomic():
        Display.objects.filter(pk=display.pk).update(rows=1, columns=2)
        installation.change()

    frame = feed.render(happened(installation.topic, "installation.changed"))

    assert frame is not None
    assert frame.html["screen"].count("<article") == 2


def test_on_another_network_or_taken_down_everybody_is_sent_back_to_the_door(
    installation: Installation, network: Network, add_display: AddDisplay
) -> None:
    display = add_display()
    feed = feed_of(display)
    other = Network.create(network.owner, name="Other", slots=network.slots)
    with transaction.atomic():
        installation.change(network=other)
    changed = happened(installation.topic, "installation.changed")

    with pytest.raises(Denied):
        feed.render(changed)
    display.delete()
    with pytest.raises(Denied):
        feed.render(changed)


def test_only_the_display_that_is_meant_says_which_it_is(
    installation: Installation, add_display: AddDisplay
) -> None:
    left, right = feed_of(add_display("left")), feed_of(add_display("right"))
    installation.identify("left")
    one = happened(installation.topic, "display.identified")
    installation.identify(None)
    both = happened(installation.topic, "display.identified")

    frame = left.render(one)

    assert frame is not None
    assert "<strong>left</strong>" in frame.html["identify"]
    assert right.render(one) is None
    assert right.render(both) is not None


def test_the_page_is_the_snapshot(
    stranger: Client, network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    display = add_display("all", "single", stride=1, offsets=[0])
    work(run, "to be seen")

    page = html_of(stranger.get(display.get_absolute_url()))

    assert "to be seen" in page
    snapshot = feed_of(display).snapshot()
    over = {"wall-notice", "wall-caption", "wall-attract", "screen-note", "info-code"}
    assert set(snapshot) == {"screen", "identify"} | over
    assert snapshot["screen"].strip() in page


def test_an_empty_screen_says_what_it_will_show(stranger: Client, add_display: AddDisplay) -> None:
    display = add_display("left", "single", stride=8, offsets=[2, 6])

    assert "2+6/8" in html_of(stranger.get(display.get_absolute_url()))


def test_a_display_that_was_taken_down_says_so_calmly(
    stranger: Client, installation: Installation
) -> None:
    answer = stranger.get(f"/i/{installation.public_id}/nobody/")

    assert answer.status_code == 404
    assert answer.headers["X-Panic"] == "display"
    assert "taken down" in html_of(answer)


def test_a_short_address_leads_to_the_display(stranger: Client, add_display: AddDisplay) -> None:
    display = add_display()

    assert stranger.get(f"/r/{display.code}").headers["Location"] == display.get_absolute_url()
    assert stranger.get("/r/nothing").headers["Location"] == "/"


def test_a_newer_sound_elsewhere_silences_this_screen(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    left = feed_of(add_display("left", "single", stride=2, offsets=[0]))
    right = add_display("right", "single", stride=2, offsets=[1])
    left.render(happened(network.topic, "run.started"))
    work(run)
    work(run)
    event = happened(network.topic, "invocation.completed")
    event.notes["sounds"] = True

    frame = left.render(event)

    assert frame is not None
    assert set(frame.html) == {"hush"}
    Display.objects.filter(pk=right.pk).update(muted=True)
    deaf = feed_of(left.display)
    deaf.render(happened(network.topic, "run.started"))
    assert deaf.render(event) is None
