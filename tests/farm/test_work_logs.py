"""Logs of work: by level, by words, from a place on, whole; and who is told that there is more."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from farm import work_logs
from farm.events import WorkLogContinued, log_key
from farm.log_feed import WorkLogFeed
from farm.models import Assignment
from invocations.models import Run
from realtime import log
from realtime.events import Progress
from tests.people import html_of

from .conftest import WorkerProgram, newest, started

WRITTEN = """loading
INFO ready
DEBUG x=1
WARNING it is slow
  very slow
ERROR no lamp
Traceback (most recent call last)
  <b>lamp</b>
"""


@pytest.fixture
def run(worker: WorkerProgram, alice: User) -> Run:
    return started(alice, "farm:shout")


@pytest.fixture
def token(worker: WorkerProgram, run: Run) -> str:
    (work,) = worker.claim()
    return str(work["token"])


def write(worker: WorkerProgram, token: str, text: str, offset: int = 0) -> None:
    answer = worker.call(f"attempts/{token}/log", {"offset": offset, "text": text})
    assert answer.status_code == 200


def lines(**asked: Any) -> list[str]:
    return [line.text for line in work_logs.read(Assignment.objects.get(), **asked).lines]


def test_lines_are_chosen_by_level_and_those_without_one_belong_to_the_one_before(
    worker: WorkerProgram, token: str
) -> None:
    write(worker, token, WRITTEN)

    assert lines() == WRITTEN.splitlines()
    assert lines(level="info") == [one for one in WRITTEN.splitlines() if "x=1" not in one]
    assert lines(level="warning") == WRITTEN.splitlines()[3:]
    assert lines(level="error") == WRITTEN.splitlines()[5:]
    assert lines(words="SLOW") == ["WARNING it is slow", "  very slow"]


def test_what_follows_a_warning_or_details_is_none_unless_it_is_indented(
    worker: WorkerProgram, token: str
) -> None:
    write(worker, token, "debug: palette\nstep 1\nwarning: no ink\n  at all\nstep 2\n")

    assert lines(level="info") == ["step 1", "warning: no ink", "  at all", "step 2"]
    assert lines(level="warning") == ["warning: no ink", "  at all"]


def test_a_reader_goes_on_where_it_was_and_is_given_whole_lines(
    worker: WorkerProgram, token: str
) -> None:
    write(worker, token, "one\ntwo\nthr")
    first = work_logs.read(Assignment.objects.get())
    write(worker, token, "ee\n", offset=11)

    assert [line.text for line in first.lines] == ["one", "two"]
    assert (first.next, first.live) == (8, True)
    assert lines(after=first.next) == ["three"]


def test_the_last_line_is_whole_once_the_work_has_ended(worker: WorkerProgram, token: str) -> None:
    write(worker, token, "one\ntwo")
    worker.finish(token)

    part = work_logs.read(Assignment.objects.get())

    assert ([line.text for line in part.lines], part.live) == (["one", "two"], False)


def test_what_was_left_out_is_said_in_its_place(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    write(worker, token, "a" * 64_000 + "b" * 100 + "\n" + "c" * 63_999 + "\n")

    part = work_logs.read(Assignment.objects.get())

    assert [line.text[:3] for line in part.lines] == ["aaa", "… 1", "ccc"]
    assert part.left_out == 101
    page = html_of(admin.get(f"/invocations/{newest(run).public_id}/log/"))
    assert "101 characters between them were left out." in page
    assert "… 101 characters were left out here …" in page


def test_the_page_shows_what_is_asked_for_and_marks_nothing_up(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    write(worker, token, WRITTEN)
    path = f"/invocations/{newest(run).public_id}/log/"

    page = html_of(admin.get(f"{path}?level=error&q=lamp"))

    assert "&lt;b&gt;lamp" in page
    assert '<option value="error" selected>' in page
    assert "it is slow" not in page
    file = admin.get(f"{path}download/")
    assert file.content.decode() == WRITTEN
    assert file.headers["Content-Disposition"].endswith('-1.log"')


def test_each_attempt_has_its_log(worker: WorkerProgram, token: str, run: Run, admin: Any) -> None:
    write(worker, token, "first\n")
    worker.call(f"attempts/{token}/finish", {"outcome": "released"})
    (again,) = worker.claim()
    write(worker, again["token"], "second\n")
    address = f"/api/v1/invocations/{newest(run).public_id}/log"

    newest_log, first = admin.get(address).json(), admin.get(f"{address}?attempt=1").json()

    assert (newest_log["log"], newest_log["attempt"]) == ("second\n", 2)
    assert (first["log"], first["attempt"], first["live"]) == ("first\n", 1, False)


def test_the_api_goes_on_from_a_place(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    write(worker, token, WRITTEN)
    address = f"/api/v1/invocations/{newest(run).public_id}/log"

    found = admin.get(f"{address}?after=19&level=warning&q=very").json()

    assert [line["text"] for line in found["lines"]] == ["  very slow"]
    assert (found["log"], found["next"]) == ("", len(WRITTEN))
    assert admin.get(f"{address}?after=-1").status_code == 422


def test_who_controls_the_network_reads_the_log_but_not_that_of_a_batch_with_others(
    worker: WorkerProgram, token: str, run: Run, admin: Any, alice: User, client: Any
) -> None:
    write(worker, token, WRITTEN)
    client.force_login(alice)
    path = f"/invocations/{newest(run).public_id}"
    page = html_of(client.get(f"{path}/log/"))
    assert "it is slow" in page
    assert "/farm/" not in page.split("<main")[1].split("</main>")[0].replace("/ws/farm/", "")
    assert client.get(f"/api/v1{path}/log").status_code == 200
    assert f"{path}/log/?attempt=1" in html_of(client.get(f"{path}/"))

    Assignment.objects.update(batch="one", batch_size=2)

    assert client.get(f"{path}/log/").status_code == 404
    assert client.get(f"/api/v1{path}/log").status_code == 404
    assert admin.get(f"{path}/log/").status_code == 200


def test_above_the_log_stands_who_was_given_the_step_and_how_it_ended(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    path = f"/invocations/{newest(run).public_id}/log/"
    begun = html_of(admin.get(path))
    worker.fail(token, "permanent", "The lamp is broken.")

    ended = html_of(admin.get(path))

    assert "Given to Back room on " in begun
    assert "Failed, " not in begun
    assert "Failed, " in ended
    assert "The lamp is broken." in ended


def test_readers_are_told_that_there_is_more_and_that_it_has_ended(
    worker: WorkerProgram, token: str, run: Run
) -> None:
    write(worker, token, WRITTEN)
    step = newest(run)
    feed, before = WorkLogFeed(step, is_admin=False), log.position(run.network.topic)

    told = feed.render_progress(
        Progress("farm", WorkLogContinued.type, {"attempt": log_key(token), "length": 3})
    )
    other = feed.render_progress(
        Progress("farm", WorkLogContinued.type, {"attempt": "another", "length": 3})
    )
    worker.finish(token)

    assert f"{len(WRITTEN)} characters were written." in told["log-state"]
    assert other == {}
    frames = [feed.render(event) for event in log.read_after(run.network.topic, before, 9)]
    assert any("has ended" in str(frame and frame.html) for frame in frames)


def test_the_detail_of_an_error_ends_the_log(
    worker: WorkerProgram, token: str, run: Run, admin: Any
) -> None:
    write(worker, token, "INFO begun")
    before = work_logs.read(Assignment.objects.get())
    error = {"class": "permanent", "sentence": "No lamp.", "detail": "line 3\nlamp is None\n"}
    body = {"outcome": "failed", "error": error}

    assert worker.call(f"attempts/{token}/finish", body).status_code == 200
    assert worker.call(f"attempts/{token}/finish", body).status_code == 200  # asked again

    address = f"/api/v1/invocations/{newest(run).public_id}/log"
    whole = admin.get(address).json()
    rest = admin.get(f"{address}?after={before.next}&level=error").json()["lines"]
    assert whole["log"] == "INFO begun\nline 3\nlamp is None\n"
    assert [line["text"] for line in rest] == ["line 3", "lamp is None"]
    assert admin.get(f"{address}?after={whole['next']}").json()["lines"] == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"progress": 0.5}, "50%"),
        ({"progress": 0.5, "phase": "drawing", "eta_seconds": 7.2}, "drawing 50% (~ 7 s)"),
        ({"progress": 0.1, "eta_seconds": 600}, "10% (~ 10 min)"),
    ],
)
def test_what_a_worker_says_of_its_progress_is_told_to_the_pages(
    worker: WorkerProgram, token: str, monkeypatch: Any, said: dict[str, Any], words: str
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("farm.assignments.send", lambda topic, update: told.append(update))

    worker.call(f"attempts/{token}/renew", said)

    assert [one.status for one in told] == [words]
