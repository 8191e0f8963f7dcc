"""In every field that a page reads, what Postgres cannot look up: an answer, and never a 5xx."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.permissions import pages
from tests.permissions.scenario import Row, Stage, filled, undone
from tests.permissions.test_pages import ROWS

ROOT = Path(__file__).parents[2]
READ = re.compile(r'request\.(?:GET|POST)\.get(?:list)?\(\s*"(\w+)"')
FIELDS = sorted(
    {name for path in ROOT.glob("*/views/*.py") for name in READ.findall(path.read_text())}
)
ILLEGIBLE = "a\0b"
NOT_READY = {"readyz", "networks:live-playlist"}  # 503 is what they have to say here


@pytest.mark.django_db
@pytest.mark.parametrize("stage", ["public"], indirect=True)
@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if row.name not in NOT_READY], ids=str
)
def test_what_cannot_be_looked_up_gets_an_answer(stage: Stage, row: Row) -> None:
    path = row.path.format(**stage.places)
    given = filled(pages.GIVEN.get(f"{row.method} {row.name}", {}), stage.places)
    sent = [dict.fromkeys(FIELDS, ILLEGIBLE), *({**given, name: ILLEGIBLE} for name in given)]

    for fields in sent:
        asked = path if row.method == "POST" else f"{path.partition('?')[0]}?{urlencode(fields)}"
        for who in ("owner", "admin"):
            answer = undone(partial(stage.asks_for_page, who, row.method, asked, fields))
            assert answer.status_code < 500, fields


def test_the_fields_that_pages_read_are_found() -> None:
    assert {"with", "network", "display", "code"} <= set(FIELDS)
