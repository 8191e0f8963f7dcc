"""No page and no list asks the database more than fifteen times, however much there is to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import ApiToken, User
from archive.models import ContactSheet
from displays.models import Display, Installation, Kiosk
from invocations import halts, visitor_access
from invocations.models import Attempt, Invocation, Run, StopAll
from networks.models import Network
from observatory.models import Redraw
from panic.api.routes import api
from tests.panic import equipment
from tests.panic.api_lists import LISTS, WITH_WEIGHTS, keys_of
from tests.people import REWRITE

MAX_QUERIES = 15
NETWORKS = 60
FIELDS_OF_DISPLAY: dict[str, Any] = {
    "kind": "grid",
    "rows": 2,
    "columns": 3,
    "qr_corner": "top-left",
    "qr_target": "terminal",
}
PAGES = {
    "home": "/",
    "about": "/about/",
    "accounts:home": "/account/",
    "accounts:password": "/account/password/",
    "accounts:forgotten": "/account/password/forgotten/",
    "accounts:set_password": "/account/password/nobody/old-link/",
    "accounts:members": "/account/people/",
    "keys:list": "/account/keys/",
    "keys:operator": "/account/keys/house/",
    "keys:detail": "/account/keys/{credential_id}/",
    "keys:delete": "/account/keys/{credential_id}/delete/",
    "networks:keys": "/n/{slug}/keys/",
    "accounts:audit": "/account/log/",
    "accounts:sign_in": "/account/sign-in/",
    "networks:list": "/networks/",
    "networks:new": "/networks/new/",
    "networks:detail": "/n/{slug}/",
    "networks:waiting": "/n/{slug}/waiting/",
    "networks:edit": "/n/{slug}/edit/",
    "networks:settings": "/n/{slug}/settings/",
    "networks:qr": "/n/{slug}/qr/",
    "networks:delete": "/n/{slug}/delete/",
    "networks:terminal": "/n/{slug}/terminal/",
    "privacy": "/privacy/",
    "write-privacy": "/account/privacy/",
    "featured": "/mission-control/featured/",
    "unlock": "/unlock/",
    "networks:attendant": "/n/{slug}/attendant/",
    "networks:wall": "/n/{slug}/wall/?rows=12&columns=12",
    "networks:wall-code": "/n/{slug}/wall/code.svg",
    "networks:live": "/n/{slug}/live/",
    "networks:live-now": "/n/{slug}/live/now/",
    "networks:stream": "/n/{slug}/stream/",
    "networks:stream-health": "/n/{slug}/stream/health/",
    "networks:runs": "/n/{slug}/runs/",
    "runs:list": "/runs/?q=moth",
    "runs:detail": "/runs/{run}/",
    "runs:import": "/runs/import/",
    "runs:export": "/runs/{run}/export/",
    "films": "/films/",
    "film-new": "/films/new/",
    "film-storage": "/films/storage/?days=30",
    "film": "/films/{film}/",
    "film-shared": "/films/shared/{film_key}/",
    "film-of-run": "/runs/{run}/film/",
    "runs:compare": "/runs/{run}/compare/?with={other_run}",
    "runs:pair": "/runs/{run}/pair/",
    "runs:trajectory": "/runs/{run}/trajectory/",
    "observatory:report": "/observatory/report/?run={run}&run={other_run}",
    "observatory:search": "/observatory/search/?q=moth",
    "observatory:export": "/observatory/report/points.csv?run={run}&run={other_run}",
    "networks:observatory": "/n/{slug}/observatory/",
    "invocations:redraw": "/invocations/{step}/redraw/",
    "contact-sheet": "/sheets/{sheet_id}/",
    "visitor-page": "/souvenirs/{key}/",
    "visitor-page-code": "/souvenirs/{key}/code.svg",
    "invocations:detail": "/invocations/{step}/",
    "invocations:text-picture": "/invocations/{step}/picture.svg",
    "invocations:timeline": "/invocations/{step}/timeline/",
    "models:list": "/models/",
    "models:compare": "/models/compare/?model={model}&model=local:painter&model=replicate:whisper",
    "models:detail": "/models/{model}/",
    "display": "/i/{installation}/{display}/",
    "display-code": "/i/{installation}/{display}/code.svg",
    "display-worker": "/i/worker.js",
    "installations:list": "/installations/",
    "installations:new": "/installations/new/",
    "installations:claim": "/installations/claim/?code={kiosk}&installation={installation}",
    "installations:detail": "/installations/{installation}/",
    "installations:fleet": "/installations/{installation}/fleet/",
    "installations:display": "/installations/{installation}/displays/{display}/",
    "installations:delete": "/installations/{installation}/delete/",
    "kiosk": "/kiosk/",
    "short": "/r/{code}",
    "mission-control": "/mission-control/",
    "mission-control-work": "/mission-control/under-way/",
    "mission-control-work-now": "/mission-control/under-way/now/",
    "disk-banner": "/mission-control/disk/",
    "mission-control-errors": "/mission-control/errors/",
    "mission-control-storage": "/mission-control/storage/",
    "notifications:list": "/account/notifications/",
    "notifications:new": "/account/notifications/new/",
    "notifications:detail": "/account/notifications/{channel}/",
    "notifications:deliveries": "/account/notifications/{channel}/deliveries/",
    "boards": "/account/boards/",
    "board": "/account/boards/{board}/",
    "backups": "/mission-control/backups/",
    "servers": "/mission-control/servers/",
    "server": "/mission-control/servers/{server}/",
    "farm": "/farm/",
    "farm-worker": "/farm/{worker}/",
    "farm-log": "/invocations/{step}/log/",
    "farm-log-file": "/invocations/{step}/log/download/",
    "uploaded-workflow": "/mission-control/servers/workflow/{workflow}/",
    "mission-control-figures": "/mission-control/figures/",
    "stop-all": "/mission-control/stop-all/",
    "receipt": "/mission-control/stop-all/{stop_all}/",
    "healthz": "/healthz",
    "readyz": "/readyz",
    "metrics": "/metrics",
}
OF_DJANGO = ["/admin/", "/admin/accounts/user/"]
SHOWN = {200, 302, 503}  # 503: /readyz says that there is no worker
FILES = {
    *("assets:original", "assets:rendition", "backup"),
    *("farm-preview", "farm-film-log", "farm-film-preview"),
}
FILES |= {
    "observatory:export-parquet",
    "observatory:persistence",
    "networks:live-playlist",
    "networks:live-segment",
}
FORMS = {  # these take what a page sends
    *("lock", "unlocked-stop"),
    *("networks:revoke-codes", "press-display"),
    *("networks:add-stream-target", "networks:stream-target"),
    *("keys:replace", "keys:lend", "keys:take-back", "keys:test", "keys:test-operator-key"),
    "keys:allow-operator-keys",
    "language",
    "accounts:sign_out",
    "accounts:create_token",
    "accounts:revoke_token",
    "accounts:invite",
    "accounts:new_link",
    "accounts:close",
    "accounts:reopen",
    "accounts:change_role",
    "invocations:branch",
    "invocations:shorten",
    *("remove-upload", "film-act"),
    "runs:rate",
    "runs:bulk",
    "networks:bulk",
    "accounts:revoke_tokens",
    "remove-boards",
    "runs:make-contact-sheet",
    "runs:delete",
    "runs:keep",
    "delete-contact-sheet",
    "withdraw",
    "networks:archive",
    "networks:duplicate",
    "networks:leave",
    "networks:share",
    "networks:unshare",
    "networks:start",
    "networks:stop",
    "networks:pause",
    "networks:warm",
    "networks:resume",
    "resume-all",
    "mission-control-act",
    "mission-control-storage-bundles",  # a download
    "callback",  # what a provider sends
    "installations:change",
    "installations:hours",
    "installations:identify",
    "installations:duplicate",
    "installations:fleet-act",
    "installations:add-display",
    "installations:move-display",
    "installations:remove-display",
    "installations:release-screen",
    "add-board",
    "show-on-board",
    "notifications:test",
    "notifications:delete",
    "remove-board",
    "make-backup",
    "add-server",
    "look-at-server",
    "remove-server",
    "farm-token",
    "farm-revoke",
    "farm-changes",
    "farm-status",
    "farm-sleep",
    "farm-secret",
    "farm-archive",
    "farm-unblock",
    "farm-retry",
    "add-workflow",
    "remove-workflow",
}
Where = dict[str, str]


@pytest.fixture
def where(alice: User, carol: User, admin: Client) -> Where:
    """Sixty networks at work, one of them with a long past; each has a wall. Where to find what."""
    Installation.objects.bulk_create(
        Installation(network=_network(alice, carol, number), name=f"Hall {number}")
        for number in range(NETWORKS)
    )
    Display.objects.bulk_create(
        Display(installation=hall, name=f"wall-{n}", position=n, **FIELDS_OF_DISPLAY)
        for hall in Installation.objects.all()
        for n in range(3)
    )
    for number in range(30):
        ApiToken.issue(alice, name=f"Token {number}")
    network = Network.objects.earliest("pk")
    _write_runs(network, count=40, steps=2)
    run = _write_runs(network, count=1, steps=150)
    step = run.invocations.get(sequence=70)
    stopped = halts.stop_all(stopped_by=alice, at=timezone.now())
    tokens = Attempt.objects.values_list("token", flat=True)
    StopAll.objects.filter(pk=stopped.pk).update(calls=list(tokens[:100]))
    halts.resume_all(lifted_by=alice, at=timezone.now())
    hall = network.installations.get()
    display = hall.displays.earliest("pk")
    return {
        "slug": network.slug,
        "credential_id": keys_of(User.objects.get(email="root@example.org"), alice),
        "topic": network.topic,
        **_made_of(run),
        "step": step.public_id,
        "invocation_id": step.public_id,
        "model": REWRITE,
        "model_id": REWRITE,
        **equipment.ids_of_equipment(alice),
        **dict.fromkeys(("stop_all", "stop_all_id"), stopped.public_id),
        "installation": hall.public_id,
        "installation_id": hall.public_id,
        "display": display.name,
        "name": display.name,
        "code": display.code,
    }


def _made_of(run: Run) -> Where:
    """The run, one of the same words, what somebody has kept of it, and a screen that waits."""
    other = run.network.runs.exclude(pk=run.pk).newest_first()[0]
    sheet = ContactSheet.objects.create(run=run, sequences=list(range(48)))
    return {
        "run": run.public_id,
        "run_id": run.public_id,
        "other_run": other.public_id,
        "sheet_id": sheet.public_id,
        "redraw_id": Redraw.objects.create(
            invocation=run.invocations.earliest("pk"), times=5
        ).public_id,
        "kiosk": Kiosk.wait(at=timezone.now()).code,
        "key": visitor_access.url_path(run).split("/")[2],
    }


def _network(owner: User, helper: User, number: int) -> Network:
    made = Network.create(
        owner,
        name=f"Ring {number}",
        public=True,
        slots=[{"model": REWRITE}] * 3,
        budgets={"calls_per_hour": 1_000_000, "usd_per_day": 1_000_000},
    )
    made.collaborators.add(helper)
    _write_runs(made, count=1, steps=6, state="running")
    return made


def _write_runs(network: Network, *, count: int, steps: int, state: str = "completed") -> Run:
    """As a worker would have left them; the newest of them."""
    at = timezone.now()
    begun = {"network": network, "ring": network.slots, "created_at": at, "lockout_until": at}
    Run.objects.bulk_create(
        Run(**begun, prompt="a moth", state=state, ended_at=None if state == "running" else at)
        for _ in range(count)
    )
    newest = list(network.runs.newest_first()[:count])
    of_step = {"network": network, "slot": 0, "model": REWRITE, "state": "completed"}
    told = {"input_text": "a moth", "output_text": "a *flame*", "started_at": at, "ended_at": at}
    Invocation.objects.bulk_create(
        Invocation(**of_step, **told, run=run, sequence=n) for run in newest for n in range(steps)
    )
    if state == "running":
        Invocation.objects.filter(run__in=newest, sequence=steps - 1).update(
            state="ready", ended_at=None, due_at=at
        )
    of_try = {"network": network, "number": 1, "platform": "dummy", "worker": "w:1:a"}
    Attempt.objects.bulk_create(
        Attempt(**of_try, invocation=step, lease_until=at, outcome="completed", ended_at=at)
        for step in Invocation.objects.filter(run__in=newest, state="completed")
    )
    return newest[0]


def _asked(client: Client, path: str) -> tuple[int, int]:
    """The answer's status, and how often the database was asked for it."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
        b"".join(response)  # a streamed one too
    return response.status_code, len(captured)


def test_no_page_asks_more_than_fifteen_times(where: Where, clients: Mapping[str, Client]) -> None:
    paths = [path.format(**where) for path in (*PAGES.values(), *OF_DJANGO)]

    answers = {path: _asked(clients["admin"], path)[0] for path in paths}
    counts = {(who, path): _asked(one, path)[1] for path in paths for who, one in clients.items()}

    assert {path: answer for path, answer in answers.items() if answer not in SHOWN} == {}
    assert {asked: count for asked, count in counts.items() if count > MAX_QUERIES} == {}


def test_no_list_of_the_api_asks_more_than_fifteen_times(
    where: Where, clients: Mapping[str, Client]
) -> None:
    paths = [(path + query).format(**where) for path, query in LISTS.items()]

    answers = {path: _asked(clients["admin"], path)[0] for path in paths}
    counts = {(who, path): _asked(one, path)[1] for path in paths for who, one in clients.items()}

    assert set(answers.values()) == {200}
    assert {asked: count for asked, count in counts.items() if count > MAX_QUERIES} == {}


def test_every_page_is_counted() -> None:
    assert set(_names(get_resolver().url_patterns)) == {*PAGES, *FILES, *FORMS}


def test_every_list_of_the_api_is_counted() -> None:
    paths = api.get_openapi_schema()["paths"]

    assert {path for path, calls in paths.items() if "get" in calls} == {*LISTS, *WITH_WEIGHTS}


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> list[str]:
    """Of all addresses but those of Django's admin and of the API."""
    found: list[str] = []
    for one in patterns:
        if isinstance(one, URLPattern):
            found += [f"{space}{one.name}"] if one.name else []
        elif one.namespace not in {"admin", "api", "farm-api"}:
            below = f"{one.namespace}:" if one.namespace else space
            found += _names(one.url_patterns, below)
    return found
