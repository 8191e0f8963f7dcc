"""docs/events.md says what the classes of the apps' `events.py` say, and nothing else does."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from invocations.events import PanicLifted, RunStarted
from realtime.events import DomainEvent, LiveUpdate, data_fields, event_types, publish
from realtime.models import Event

OURS = [app.name for app in apps.get_app_configs() if (Path(settings.BASE_DIR) / app.name).is_dir()]
PRODUCT = [*OURS, "lib"]
# Programs that follow the API from outside, examples of its documentation, and what the audit log calls
# what people have done: some of it has an event of that name as well
OUTSIDE = ("panic/cli/", "panic/api/examples.py", "panic/examples.py", "accounts/audit_actions.py")


def declared() -> dict[str, type[DomainEvent]]:
    for app in OURS:
        if find_spec(f"{app}.events"):
            import_module(f"{app}.events")
    return event_types()


def row(event: type[DomainEvent]) -> str:
    """The line of docs/events.md about this event."""
    data = ", ".join(f"`{field.name}`" for field in data_fields(event)) or "none"
    return f"| `{event.type}` | `{event.topic}` | {data} | {event.meaning()} |"


def documented(heading: str) -> list[str]:
    text = (Path(settings.BASE_DIR) / "docs" / "events.md").read_text()
    section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(
    ("heading", "live"), [("### Events of the log", False), ("### Live updates", True)]
)
def test_the_document_lists_every_event_with_its_topic_fields_and_meaning(
    heading: str, live: bool
) -> None:
    events = [event for event in declared().values() if issubclass(event, LiveUpdate) == live]

    assert sorted(documented(heading)) == sorted(row(event) for event in events)


def test_every_event_says_what_it_is_and_where_it_belongs() -> None:
    for name, event in declared().items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)?\.[a-z_]+(ed|wn)", name), name
        assert re.fullmatch(
            r"(network|installation|films):<id>|mission-control|farm", event.topic
        ), name
        assert (event.__doc__ or "").rstrip().endswith("."), name


def test_a_type_is_written_down_once() -> None:
    types = "|".join(re.escape(name) for name in declared())
    literal = re.compile(f'"({types})"')
    found = [
        f"{path.relative_to(settings.BASE_DIR)}: {name}"
        for app in PRODUCT
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if path.name != "events.py"
        and not str(path.relative_to(settings.BASE_DIR)).startswith(OUTSIDE)
        for name in literal.findall(_code(path))
    ]

    assert found == []


def _code(path: Path) -> str:
    """Without docstrings and audit entries, which have names of their own."""
    text = re.sub(r'""".*?"""', "", path.read_text(), flags=re.S)
    return re.sub(r"AuditEntry\.record\([^)]*\)", "", text)


def test_an_event_carries_its_fields_in_their_order() -> None:
    event = RunStarted(run="r1", state="running", reason=None)

    assert list(event.data.items()) == [("run", "r1"), ("state", "running"), ("reason", None)]


@pytest.mark.django_db
def test_an_event_is_written_to_its_own_kind_of_topic_only() -> None:
    with transaction.atomic():
        publish("mission-control", PanicLifted("s1"))
        with pytest.raises(ValueError, match="belongs to mission-control"):
            publish("network:1", PanicLifted("s1"))

    assert Event.objects.get().type == "panic.lifted"
