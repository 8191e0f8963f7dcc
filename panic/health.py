"""Is it alive, is it ready, how is it doing: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import compare_digest
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector, exposition
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backups.metrics import metrics as backup_metrics
from films.metrics import metrics as film_metrics
from invocations.metrics import metrics as call_metrics
from invocations.models import Invocation, Run, WorkerHeartbeat
from lib import disk_space, watched_tasks
from lib.proxies import client_address, parse_address
from panic import installation_metrics
from realtime import hub
from realtime.models import Event, Topic
from streams.metrics import metrics as stream_metrics

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPResponseBodyEvent,
        HTTPResponseStartEvent,
        Scope,
    )


OLDEST_SIGN = timedelta(seconds=10)  # of this machine's own cluster: a file, every two seconds
OLDEST_HEARTBEAT = timedelta(seconds=30)  # of other machines: a row, every ten
LONGEST_LAG = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str


def readiness() -> list[Check]:
    """All of them; what needs the database is not asked when there is none."""
    first = database()
    if not first.ok:
        return [first, disk()]
    return [first, *(_asked(check) for check in READINESS)]


def _asked(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except DatabaseError as error:
        return Check(check.__name__, False, _silent(error))


def _silent(error: DatabaseError) -> str:
    return _("The database does not answer: %(error)s") % {"error": error}


def database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        connection.close()
        return Check("database", False, _silent(error))
    return Check("database", True, _("%(database)s answers.") % {"database": connection.vendor})


def worker() -> Check:
    """A message has gone all the way round a queue, here or on another machine, a moment ago."""
    here = canary_age()
    if here is not None and here <= OLDEST_SIGN:
        words = _("The queue turned %(seconds).0f s ago.")
        return Check("worker", True, words % {"seconds": here.total_seconds()})
    anywhere = heartbeat_age()
    if anywhere is None:
        return Check("worker", False, _("No queue has shown a sign of life yet."))
    words = _("The last sign of life of a queue is %(seconds).0f s old.")
    detail = words % {"seconds": anywhere.total_seconds()}
    return Check("worker", anywhere <= OLDEST_HEARTBEAT, detail)


def event_lag() -> Check:
    still = timedelta(seconds=hub.stalled_seconds())
    if still > LONGEST_LAG:
        words = _("What passes events on has stood still for %(seconds).1f s.")
        return Check("event_lag", False, words % {"seconds": still.total_seconds()})
    lag = oldest_undelivered()
    if not lag:
        return Check("event_lag", True, _("Every event has been passed on."))
    words = _("The oldest event not yet passed on is %(seconds).1f s old.")
    return Check("event_lag", lag <= LONGEST_LAG, words % {"seconds": lag.total_seconds()})


def disk() -> Check:
    """Above the floor; below it this machine starts nothing, and others may."""
    free, floor = disk_space.free_bytes(), disk_space.floor_bytes()
    facts = {"free": disk_space.in_gigabytes(free), "floor": disk_space.in_gigabytes(floor)}
    if disk_space.is_below_floor():
        words = _("%(free)s GB are free in the data folder. Nothing begins below %(floor)s GB.")
        return Check("disk", False, words % facts)
    return Check("disk", True, _("%(free)s GB are free in the data folder.") % facts)


READINESS: tuple[Callable[[], Check], ...] = (worker, event_lag, disk)


def canary_age() -> timedelta | None:
    """How long ago a canary got through the queue of this machine."""
    try:
        at = (Path(settings.RUN_DIR) / "qcluster.alive").stat().st_mtime
    except OSError:
        return None
    return timedelta(seconds=max(0.0, time.time() - at))


def heartbeat_age() -> timedelta | None:
    """How long ago any machine's queue last told the database that it turns."""
    latest = WorkerHeartbeat.objects.order_by("-seen_at").first()
    return max(timedelta(), timezone.now() - latest.seen_at) if latest else None


def oldest_undelivered() -> timedelta:
    """The age of the oldest event that the sockets of this process should have had by now."""
    seen = hub.topic_positions()
    topics = Topic.objects.filter(name__in=seen) if seen else ()
    behind = [
        (topic.pk, seen[topic.name].seq)
        for topic in topics
        if topic.last_seq > seen[topic.name].seq
    ]
    waiting = [
        Event.objects.filter(topic=pk, seq__gt=seq).order_by("seq").values("created_at").first()
        for pk, seq in behind[:20]
    ]
    ages = [timezone.now() - row["created_at"] for row in waiting if row]
    return max([timedelta(), *ages])


class Liveness:
    """Answers `/healthz` in front of Django: whether this process's event loop still turns, and the
    long-lived tasks on it do. Where it says no, the supervisor starts another process.

    No database, no thread, no host check: a slow page must not look like a dead server, and
    whoever asks from inside a cloud calls it by an address of its own.
    """

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http" or scope["path"] != "/healthz":
            await self._inner(scope, receive, send)
            return
        stalled = watched_tasks.is_stalled()
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": 503 if stalled else 200,
            "headers": [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")],
            "trailers": False,
        }
        body: HTTPResponseBodyEvent = {
            "type": "http.response.body",
            "body": b"a task has stopped\n" if stalled else b"ok\n",
            "more_body": False,
        }
        await send(start)
        await send(body)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything a visitor needs works, else 503; says which part does not."""
    checks = readiness()
    body = {"checks": {check.name: {"ok": check.ok, "detail": check.detail} for check in checks}}
    response = JsonResponse(body, status=200 if all(check.ok for check in checks) else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # whoever asks knows; once a second is no news
    return response


class MetricsCollector(Collector):
    """What can be counted without reading history: a scrape stays cheap after years of runs."""

    def collect(self) -> Iterator[Metric]:
        checks = readiness()
        for check in checks:
            yield _gauge(f"panic_check_{check.name}", "1 as long as all is well.", check.ok)
        yield from installation_metrics.disk()
        yield _gauge("panic_sockets", "Open sockets of this web process.", hub.socket_count())
        if checks[0].ok:
            yield from self._from_the_database()

    def _from_the_database(self) -> Iterator[Metric]:
        yield _by_state("panic_runs", "Runs that are not over.", Run.objects.live())
        yield _by_state(
            "panic_invocations", "Invocations that are not over.", Invocation.objects.open()
        )
        now = timezone.now()
        due = Invocation.objects.due(now).order_by()
        waiting = due.aggregate(count=Count("pk"), since=Min("due_at"))
        words = "Steps that may begin and have no worker."
        yield _gauge("panic_queue_due", words, waiting["count"])
        late = (now - waiting["since"]).total_seconds() if waiting["count"] else 0.0
        yield _gauge("panic_queue_overdue_seconds", "How late the longest waiting step is.", late)
        lag = oldest_undelivered().total_seconds()
        yield _gauge("panic_event_lag_seconds", "Age of the oldest event not passed on.", lag)
        heartbeat = GaugeMetricFamily(
            "panic_heartbeat_age_seconds",
            "How long ago any queue last told the database that it turns.",
        )
        if (age := heartbeat_age()) is not None:
            heartbeat.add_metric([], age.total_seconds())
        yield heartbeat
        events = GaugeMetricFamily(
            "panic_events", "Events ever appended to a topic.", labels=["topic"]
        )
        for topic in Topic.objects.order_by("name")[:200]:
            events.add_metric([topic.name], topic.last_seq)
        yield events
        yield from call_metrics(timezone.now())
        yield from installation_metrics.displays(timezone.now())
        yield from installation_metrics.farm(timezone.now())
        yield from stream_metrics()
        yield from film_metrics()
        yield from installation_metrics.spending(timezone.now())
        yield from backup_metrics(timezone.now())


REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REGISTRY.register(MetricsCollector())


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        return HttpResponseForbidden("Only for this machine, or with the METRICS_TOKEN.\n")
    body = exposition.generate_latest(REGISTRY)
    return HttpResponse(body, content_type=exposition.CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """With the token; or from this machine itself, but not through a proxy that runs on it, trusted or
    not: whom it speaks for may be anybody."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        return True
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    address = parse_address(client_address(request))
    return address is not None and address.is_loopback


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _by_state(name: str, help_text: str, rows: object) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=["state"])
    counts = rows.order_by().values_list("state").annotate(Count("pk"))  # type: ignore[attr-defined]
    for state, count in counts:
        family.add_metric([state], count)
    return family
