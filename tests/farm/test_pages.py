"""The pages of the farm: several workers at once, and when one sleeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from farm.events import FARM
from farm.models import FarmWorker
from realtime import log
from tests.people import html_of

from .conftest import SHOUT, WorkerProgram, enrolled, started
from .test_status import ALWAYS

NIGHT = {"days": ["mon", "tue"], "opens": "22:00", "closes": "08:00", "zone": "Europe/Zurich"}
EMPTY = {"opens": "", "closes": "", "zone": "Europe/Zurich"}


@pytest.fixture
def other(root: User) -> WorkerProgram:
    one = enrolled(root, "Attic")
    one.sign_on(SHOUT)
    return one


def change(admin: Any, *chosen: WorkerProgram, **form: Any) -> str:
    """What the page says afterwards."""
    sent = {"chosen": [one.row.public_id for one in chosen], **form}
    return html_of(admin.post("/farm/changes/", sent, follow=True))


def test_the_chosen_workers_are_asked_to_sleep(
    worker: WorkerProgram, other: WorkerProgram, admin: Any
) -> None:
    page = change(admin, other, do="asleep", lazy="on")

    assert "1 worker was asked." in page
    assert "is to be asleep once its work is done" in page
    assert (other.row.requested_status, other.row.lazy) == ("asleep", True)
    assert worker.row.requested_status == ""


def test_without_a_choice_all_are_asked_and_at_once_where_it_may_not_finish(
    worker: WorkerProgram, other: WorkerProgram, admin: Any
) -> None:
    assert "2 workers were asked." in change(admin, do="asleep")

    assert {(one.row.requested_status, one.row.lazy) for one in (worker, other)} == {
        ("asleep", False)
    }


def test_what_was_asked_is_shown_until_it_is_confirmed(worker: WorkerProgram, admin: Any) -> None:
    asked = change(admin, worker, do="asleep")
    worker.call("claim")

    assert "is to be asleep" in asked
    assert "is to be asleep" not in html_of(admin.get("/farm/"))


def test_tags_are_given_and_taken(worker: WorkerProgram, other: WorkerProgram, admin: Any) -> None:
    other.row.change(tags=["old"])

    change(admin, worker, other, do="tag", tags=" fast, upstairs ,fast")
    assert (worker.row.tags, other.row.tags) == (["fast", "upstairs"], ["old", "fast", "upstairs"])

    change(admin, other, do="untag", tags="old, fast")
    assert other.row.tags == ["upstairs"]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"do": "tag", "tags": " , "}, "Type at least one tag."),
        ({"do": "untag"}, "Type at least one tag."),
        ({"do": "tag", "tags": "x" * 41}, "A tag has at most 40 characters."),
        ({"do": "tag", "tags": ",".join(map(str, range(21)))}, "A worker has at most 20 tags."),
    ],
)
def test_tags_that_do_not_fit_are_refused_with_a_sentence(
    worker: WorkerProgram, admin: Any, form: dict[str, str], sentence: str
) -> None:
    assert sentence in change(admin, worker, **form)

    assert worker.row.tags == []


def test_several_are_removed_and_nobody_without_a_choice(
    worker: WorkerProgram, other: WorkerProgram, admin: Any
) -> None:
    assert "Choose at least one." in change(admin, do="archive")
    assert FarmWorker.objects.kept().count() == 2

    assert "1 machine is no worker any more." in change(admin, other, do="archive")

    assert list(FarmWorker.objects.kept()) == [worker.row]
    assert other.call("claim").status_code == 401


def test_what_nobody_knows_changes_nothing(worker: WorkerProgram, admin: Any) -> None:
    change(admin, worker, do="explode")

    assert worker.row.requested_status == ""


def test_one_change_of_several_is_one_event_and_one_line_of_the_audit_log(
    worker: WorkerProgram, other: WorkerProgram, admin: Any
) -> None:
    before, lines = log.position(FARM), AuditEntry.objects.count()

    change(admin, worker, other, do="tag", tags="fast")

    (event,) = log.read_after(FARM, before, 10)
    assert event.data == {"workers": sorted(one.row.public_id for one in (worker, other))}
    assert AuditEntry.objects.count() == lines + 1


def test_who_renames_a_worker_asks_nothing_of_it(worker: WorkerProgram, admin: Any) -> None:
    worker.row.request("asleep", lazy=True)

    admin.post(f"/farm/{worker.row.public_id}/", {"name": "Front room", "tags": "fast"})

    row = worker.row
    assert (row.name, row.tags) == ("Front room", ["fast"])
    assert (row.requested_status, row.lazy) == ("asleep", True)


def test_machines_that_are_no_workers_any_more_are_listed_and_still_have_a_page(
    worker: WorkerProgram, admin: Any
) -> None:
    assert "Machines that are no" not in html_of(admin.get("/farm/"))

    change(admin, worker, do="archive")

    page = html_of(admin.get("/farm/"))
    assert "Machines that are no workers any more" in page
    assert f'<a href="/farm/{worker.row.public_id}/">Back room</a>' in page
    assert "no worker any more, since" in html_of(admin.get(f"/farm/{worker.row.public_id}/"))


@pytest.mark.parametrize("several", [True, False])
def test_what_a_machine_has_begun_is_free_once_it_is_no_worker_any_more(
    worker: WorkerProgram, other: WorkerProgram, admin: Any, alice: User, several: bool
) -> None:
    run = started(alice, "farm:shout")
    (work,) = worker.claim()

    if several:
        change(admin, worker, do="archive")
    else:
        admin.post(f"/farm/{worker.row.public_id}/archive/")

    (again,) = other.claim()
    assert run.invocations.get().attempts.count() == 2
    assert again["token"] != work["token"]


# Sleep windows


def lines(*periods: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the form sends."""
    sent: dict[str, Any] = dict(more)
    for index, period in enumerate(periods):
        sent |= {f"{name}_{index}": value for name, value in period.items()}
    return sent


def test_sleep_windows_are_added_and_removed_without_scripts(
    worker: WorkerProgram, admin: Any
) -> None:
    path = f"/farm/{worker.row.public_id}/"

    admin.post(f"{path}sleep/", lines(NIGHT, NIGHT | {"days": ["sat"]}, EMPTY))
    assert "Remove line 2" in html_of(admin.get(path))
    admin.post(f"{path}sleep/", lines(NIGHT, NIGHT | {"days": ["sat"]}, EMPTY, without="1"))

    assert worker.row.sleep_windows == [NIGHT]


def test_a_wrong_line_is_kept_and_explained(worker: WorkerProgram, admin: Any) -> None:
    wrong = NIGHT | {"zone": "Mars", "opens": "late"}

    answer = admin.post(f"/farm/{worker.row.public_id}/sleep/", lines(wrong, EMPTY))

    assert answer.status_code == 400
    page = html_of(answer)
    assert "Line 1: it falls asleep at a time such as 22:00." in page
    assert "“Mars” is no time zone" in page
    assert 'value="Mars"' in page
    assert worker.row.sleep_windows == []


def test_a_worker_in_its_sleep_window_is_shown_as_asleep(worker: WorkerProgram, admin: Any) -> None:
    worker.row.change(sleep_windows=ALWAYS)

    assert worker.row.shown_status(timezone.now()) == "asleep"
    assert worker.row.status == "awake", "what it says of itself"
