"""`/metrics` for Prometheus: a registry of its own, filled when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from secrets import compare_digest

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector, exposition
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from invocations.models import Invocation, Run
from panic import checkup
from realtime import hub
from realtime.models import Topic


class House(Collector):
    """What can be counted without reading history: a scrape stays cheap after years of runs."""

    def collect(self) -> Iterator[Metric]:
        checks = checkup.readiness()
        for check in checks:
            yield _gauge(f"panic_check_{check.name}", "1 as long as all is well.", check.ok)
        yield _gauge("panic_sockets", "Open sockets of this web process.", hub.sockets())
        if checks[0].ok:
            yield from self._from_the_database()

    def _from_the_database(self) -> Iterator[Metric]:
        yield _by_state("panic_runs", "Runs that are not over.", Run.objects.live())
        yield _by_state(
            "panic_invocations", "Invocations that are not over.", Invocation.objects.open()
        )
        overdue = Invocation.objects.due(timezone.now()).first()
        late = (timezone.now() - overdue.due_at).total_seconds() if overdue else 0.0  # type: ignore[operator]
        yield _gauge("panic_queue_overdue_seconds", "How late the longest waiting step is.", late)
        lag = checkup.oldest_undelivered().total_seconds()
        yield _gauge("panic_event_lag_seconds", "Age of the oldest event not passed on.", lag)
        if (age := checkup.heartbeat_age()) is not None:
            yield _gauge(
                "panic_heartbeat_age_seconds",
                "How long ago any queue last told the database that it turns.",
                age.total_seconds(),
            )
        events = GaugeMetricFamily(
            "panic_events", "Events ever appended to a topic.", labels=["topic"]
        )
        for topic in Topic.objects.order_by("name")[:200]:
            events.add_metric([topic.name], topic.last_seq)
        yield events


REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REGISTRY.register(House())


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        return HttpResponseForbidden("Only for this machine, or with the METRICS_TOKEN.\n")
    body = exposition.generate_latest(REGISTRY)
    return HttpResponse(body, content_type=exposition.CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """With the token; or from this machine itself, but not through a proxy that runs on it."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        return True
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _by_state(name: str, help_text: str, rows: object) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=["state"])
    counts = rows.order_by().values_list("state").annotate(Count("pk"))  # type: ignore[attr-defined]
    for state, count in counts:
        family.add_metric([state], count)
    return family
