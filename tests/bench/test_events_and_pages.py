"""The events that benchmarks publish, and the bytes that pages load."""

from __future__ import annotations

import pytest

from bench.in_process import events, page_weight
from realtime.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_update_is_one_event_and_one_commit() -> None:
    wall = events.create_wall(displays=2)
    before = Event.objects.count()

    stamps = events.append_events(wall["step"], first=4, times=3, every=0)

    assert stamps == sorted(stamps)
    assert len(stamps) == 3
    assert Event.objects.count() - before == 3
    assert len(wall["displays"]) == len(wall["pages"]) == 2


def test_scripts_styles_and_the_worker_of_a_page_are_found() -> None:
    links = page_weight.Links(
        '<link rel="stylesheet" href="a.css"><link rel="icon" href="b.svg">'
        '<link rel="modulepreload" href="c.js"><script type="module" src="d.js"></script>'
        '<body data-worker="/i/worker.js"><script>let e;</script><p>text</p>'
    )

    assert links.addresses == ["a.css", "c.js", "d.js", "/i/worker.js"]
    assert links.inline == "let e;"


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ('import { a } from "./a.js"; import "./b.js"', ["./a.js", "./b.js"]),
        ("if (x) import('./c.js').then(() => 0)", ["./c.js"]),
        ("const important = 'no import here'", []),
    ],
)
def test_imports_count_however_late_they_are(text: str, imports: list[str]) -> None:
    assert page_weight.STATIC_IMPORT.findall(text) == imports


def test_imported_styles_count() -> None:
    assert page_weight.STYLE_IMPORT.findall('@import url("a.css"); @import "b.css";') == [
        "a.css",
        "b.css",
    ]
