"""The report card: by promise, red when anything is red, honest about what was not played."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.card import Card, Verdict
from rehearsal.invariants import ALL

from .histories import changed, kept


def card(*verdicts: Verdict) -> Card:
    one = Card({"cores": 2}, lambda line: None)
    for verdict in verdicts:
        one.add(verdict)
    return one


def verdict(passed: bool | None, sentence: str = "so it went") -> Verdict:
    return Verdict("kill-random", "Kills", (2, 5), passed, sentence, 1.0)


def test_all_green_is_all_green() -> None:
    filled = card(verdict(True))
    filled.check("kills", kept(), ALL)

    assert filled.passed
    assert "ALL GREEN" in filled.as_text()
    assert "BROKEN" not in filled.as_text()


def test_one_red_is_red_under_each_promise_it_breaks() -> None:
    filled = card(verdict(True), verdict(False, "it stood still"))

    text = filled.as_text()

    assert not filled.passed
    assert text.count("[BROKEN]") == 2
    assert text.count("FAIL    1 s  Kills: it stood still") == 2


def test_what_could_not_be_played_is_neither() -> None:
    assert card(verdict(True), verdict(None, "no `mount`")).passed
    assert not card(verdict(None, "no `mount`")).passed
    assert "no `mount`" in card(verdict(None, "no `mount`")).as_text()


def test_nothing_played_is_not_green() -> None:
    assert not card().passed


def test_a_broken_history_is_red_and_says_where() -> None:
    filled = card()

    filled.check("kills", changed("runs", lambda run: run.id == "b", state="failed"), ALL)

    assert not filled.passed
    assert "run b is failed, but the log ends with stopped" in filled.as_text()


def test_it_is_kept_as_text_and_as_json(tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal" / "tonight"
    folder.mkdir(parents=True)

    card(verdict(True)).keep(folder)

    latest = json.loads((tmp_path / "rehearsal" / "latest.json").read_text())
    assert latest["passed"] is True
    assert latest["verdicts"][0]["name"] == "kill-random"
    assert "ALL GREEN" in (folder / "card.txt").read_text()
