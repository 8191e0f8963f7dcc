"""Every page, asked for by everybody: the table in pages.py."""

from __future__ import annotations

from functools import partial

import pytest
from django.urls import resolve

from tests.permissions import pages
from tests.permissions.policy import loose_parts
from tests.permissions.scenario import EVERYBODY, Row, Stage, about_networks, filled, rows, undone

ROWS = {f"{row.method} {row.name}": row for row in rows(pages.TABLE, named=True)}
LEADS_ELSEWHERE = {
    "accounts:sign_out",
    "language",
    "short",
    "lock",
    "unlocked-stop",
}  # for those who are not signed in


@pytest.mark.django_db
@pytest.mark.parametrize("key", ROWS)
@pytest.mark.parametrize("stage", ["private"], indirect=True)
def test_a_page_is_for_those_it_is_for(stage: Stage, key: str) -> None:
    check(stage, key)


@pytest.mark.django_db
@pytest.mark.parametrize("key", about_networks(ROWS))
@pytest.mark.parametrize("stage", ["public"], indirect=True)
def test_a_page_about_a_public_network_is_for_those_it_is_for(stage: Stage, key: str) -> None:
    check(stage, key)


def check(stage: Stage, key: str) -> None:
    row = ROWS[key]
    path = row.path.format(**stage.places)
    given = filled(pages.GIVEN.get(key, {}), stage.places)

    answers = {
        who: undone(partial(stage.asks_for_page, who, row.method, path, given)) for who in EVERYBODY
    }

    expected = row.statuses(stage.kind)
    expected["attendant"] = pages.ATTENDANT.get(key, expected["other"])
    assert {who: answer.status_code for who, answer in answers.items()} == expected
    assert not [part for answer in answers.values() for part in loose_parts(answer)]
    sent = answers["stranger"].headers.get("Location", "")
    if answers["stranger"].status_code == 302 and row.name not in LEADS_ELSEWHERE:
        assert sent.startswith("/account/sign-in/?next=/"), sent


@pytest.mark.parametrize("row", ROWS.values(), ids=str)
def test_a_line_is_about_the_page_it_names(row: Row) -> None:
    path = row.path.format_map(_Anything())

    assert resolve(path.partition("?")[0]).view_name == row.name


class _Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "0" * 64 if name == "media" else "x"
