"""What people do with farm workers: make tokens, ask them to sleep, name, archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEntry, User
from films.models import TaskAttempt
from invocations.models import Attempt
from invocations.states import LIVE_RUNS
from lib.validation import Invalid, is_legible
from networks.weekly_periods import PeriodWords, checked_periods

from .models import BlockedWorker, EnrolmentToken, FarmWorker, WorkerStatus
from .models.enrolment_token import PUBLIC_ID_LENGTH
from .models.farm_worker import FarmWorkerQuerySet

REQUESTABLE = (
    WorkerStatus.AWAKE,
    WorkerStatus.ASLEEP,
    WorkerStatus.TESTING,
    WorkerStatus.RESTART,
)
MAX_TAGS, MAX_WINDOWS = 20, 20
MAX_TAG = 40  # characters
UNSEEN_FOR = timedelta(days=90)  # then it is a worker no more
_ONE_LINE = gettext_lazy("%(what)s is one line of text.")
_WINDOW_WORDS = PeriodWords(
    field="sleep_windows",
    too_many=gettext_lazy("At most %(most)d lines of sleep windows fit."),
    opens=gettext_lazy("it falls asleep at a time such as 22:00."),
    closes=gettext_lazy("it wakes at a time such as 08:00."),
)


def issue_token(
    *, by: User, at: datetime, tag: str = "", person: str = ""
) -> tuple[EnrolmentToken, str]:
    """A token for one machine, and its text, which is shown once. Its worker serves only networks with
    `tag`, or only those of the person with this e-mail address, or everybody's. Raises Invalid."""
    tag, person = tag.strip(), person.strip()
    if not is_one_line(tag):
        raise Invalid({"tag": _ONE_LINE % {"what": _("A tag")}})
    if tag and person:
        raise Invalid({"person": _("A machine is for a tag or for a person, not for both.")})
    found = User.objects.filter(email__iexact=person, is_active=True)
    whose = found.first() if person and is_legible(person) else None
    if person and whose is None:
        raise Invalid({"person": _("There is nobody with this address.")})
    made = EnrolmentToken.issue(by, at=at, serves_tag=tag[:MAX_TAG], serves_person=whose)
    AuditEntry.record(by, "farm.token_issued", str(made[0].pk))
    return made


def waiting_token(public_id: str, at: datetime) -> QuerySet[EnrolmentToken]:
    """The one of this id, while it is good and no machine has used it."""
    found = EnrolmentToken.waiting(at)
    is_whole = len(public_id) == PUBLIC_ID_LENGTH
    return found.filter(digest__startswith=public_id) if is_whole else found.none()


def revoke_token(token: EnrolmentToken, *, by: User) -> bool:
    """No machine is enrolled with it any more; False where one was faster."""
    if revoked := token.revoke():
        AuditEntry.record(by, "farm.token_revoked", str(token.pk))
    return revoked


def change(
    worker: FarmWorker,
    *,
    by: User,
    name: str | None = None,
    tags: Sequence[str] | None = None,
    sleep_windows: Sequence[Mapping[str, Any]] | None = None,
    batch_limits: Mapping[str, int] | None = None,
    requested_status: str | None = None,
    lazy: bool = False,
) -> None:
    """`batch_limits`: how many steps at once, by the name of the offer; in place of all that there were. Raises
    Invalid."""
    fields: dict[str, object] = {}
    if name is not None:
        fields["name"] = checked_name(name)
    if tags is not None:
        fields["tags"] = checked_tags(tags)
    if sleep_windows is not None:
        fields["sleep_windows"] = checked_periods(
            sleep_windows, most=MAX_WINDOWS, words=_WINDOW_WORDS
        )
    if batch_limits is not None:
        fields["most_in_batch"] = dict(batch_limits)
    if requested_status is not None and requested_status not in requestable(worker):
        raise Invalid({"requested_status": _cannot_be_asked(requested_status)})
    if fields:
        worker.change(**fields)
    if requested_status is not None:
        worker.request(requested_status, lazy=lazy)
    AuditEntry.record(by, "farm.worker_changed", worker.name)


def requestable(worker: FarmWorker) -> list[WorkerStatus]:
    """What the worker can be asked to be."""
    return [one for one in REQUESTABLE if one != WorkerStatus.RESTART or worker.can_restart]


def _cannot_be_asked(status: str) -> str:
    if status == WorkerStatus.RESTART:
        return _("The program of this worker does not start itself anew.")
    return _("A worker can be asked to be awake, asleep, testing, or to restart.")


def checked_name(name: str) -> str:
    """Without spaces around it. Raises Invalid."""
    name = name.strip()
    if not name or not is_one_line(name):
        raise Invalid({"name": _ONE_LINE % {"what": _("A name")}})
    return name


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Each once, without spaces around it. Raises Invalid."""
    found = list(dict.fromkeys(tag for one in tags if (tag := one.strip())))
    if len(found) > MAX_TAGS:
        raise Invalid({"tags": _("A worker has at most %(most)d tags.") % {"most": MAX_TAGS}})
    if any(len(tag) > MAX_TAG for tag in found):
        raise Invalid({"tags": _("A tag has at most %(most)d characters.") % {"most": MAX_TAG}})
    if not all(map(is_one_line, found)):
        raise Invalid({"tags": _ONE_LINE % {"what": _("A tag")}})
    return found


def is_one_line(text: str) -> bool:
    return is_legible(text) and len(text.splitlines()) <= 1


def archive(worker: FarmWorker, *, by: User, at: datetime) -> None:
    """It is no worker any more; what it holds is free at once."""
    archive_several(FarmWorker.objects.filter(pk=worker.pk), at)
    worker.refresh_from_db()
    AuditEntry.record(by, "farm.worker_archived", worker.name)


def archive_several(found: FarmWorkerQuerySet, at: datetime) -> int:
    """None of them is a worker any more, and what they hold is free: they could not hand it in. How many they are."""
    from . import work  # pydantic, by way of films: not for the processes of the queue

    before = list(found)
    count = FarmWorker.objects.filter(pk__in=[one.pk for one in before]).archive(at)
    for worker in before:
        work.give_back_all(worker, at=at)
    return count


def due_archiving(at: datetime) -> list[int]:
    """Where there are some that nobody has heard of for three months."""
    return [0] if FarmWorker.objects.kept().unseen_since(at - UNSEEN_FOR).exists() else []


def archive_unseen(at: datetime) -> None:
    """Each once, whichever other machine looks at the same moment."""
    with transaction.atomic():
        found = FarmWorker.objects.kept().unseen_since(at - UNSEEN_FOR).select_for_update()
        names = dict(found.order_by("pk").values_list("pk", "name"))
        FarmWorker.objects.filter(pk__in=names).archive(at)
        for name in names.values():
            AuditEntry.record(None, "farm.worker_archived", name)


def rotate_secret(worker: FarmWorker, *, by: User) -> str:
    """The new one, which is shown once."""
    secret = worker.rotate_secret()
    AuditEntry.record(by, "farm.secret_rotated", worker.name)
    return secret


def work_under_way(workers: Sequence[FarmWorker]) -> dict[str, list[Attempt]]:
    """What each holds, by its id. One query; none without workers."""
    names = {worker.holder_name: worker.public_id for worker in workers}
    if not names:
        return {}
    held = Attempt.objects.live().filter(worker__in=names)
    found: dict[str, list[Attempt]] = {}
    for attempt in held.select_related("invocation__run__network").order_by("id"):
        found.setdefault(names[attempt.worker], []).append(attempt)
    return found


def tasks_under_way(workers: Sequence[FarmWorker]) -> dict[str, list[TaskAttempt]]:
    """Which tasks of films each holds, by its id. One query; none where nobody makes films."""
    names = {worker.holder_name: worker.public_id for worker in workers if worker.operations}
    found: dict[str, list[TaskAttempt]] = {}
    if not names:
        return found
    held = TaskAttempt.objects.live().filter(worker__in=names)
    for attempt in held.select_related("task", "film").order_by("id"):
        found.setdefault(names[attempt.worker], []).append(attempt)
    return found


def blocked_in_runs(workers: Sequence[FarmWorker]) -> dict[int, list[BlockedWorker]]:
    """Entries of the blocklists of runs that go on, by the key of the worker. One query."""
    entries = BlockedWorker.objects.filter(worker__in=workers, run__state__in=LIVE_RUNS)
    found: dict[int, list[BlockedWorker]] = {}
    for entry in entries.select_related("run").order_by("id"):
        found.setdefault(entry.worker_id, []).append(entry)
    return found
