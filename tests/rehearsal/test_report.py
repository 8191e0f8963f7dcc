"""The report: by promise, failed when anything failed, explicit about what was skipped."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.invariants import ALL
from rehearsal.report import Report, Verdict

from .histories import history_with, valid_history


def make_report(*verdicts: Verdict) -> Report:
    one = Report({"cores": 2}, lambda line: None)
    for verdict in verdicts:
        one.add(verdict)
    return one


def verdict(passed: bool | None, sentence: str = "so it went") -> Verdict:
    return Verdict("kill-random", "Kills", (2, 5), passed, sentence, 1.0)


def test_a_report_without_a_failure_is_green() -> None:
    filled = make_report(verdict(True))
    filled.check("kills", valid_history(), ALL)

    assert filled.passed
    assert "ALL GREEN" in filled.as_text()
    assert "BROKEN" not in filled.as_text()


def test_a_failure_is_shown_under_each_promise_it_breaks() -> None:
    filled = make_report(verdict(True), verdict(False, "it stood still"))

    text = filled.as_text()

    assert not filled.passed
    assert text.count("[BROKEN]") == 2
    assert text.count("FAIL    1 s  Kills: it stood still") == 2


def test_a_skipped_scenario_is_neither_passed_nor_failed() -> None:
    assert make_report(verdict(True), verdict(None, "no `mount`")).passed
    assert not make_report(verdict(None, "no `mount`")).passed
    assert "no `mount`" in make_report(verdict(None, "no `mount`")).as_text()


def test_an_empty_report_is_not_green() -> None:
    assert not make_report().passed


def test_a_violated_invariant_fails_the_report_and_says_where() -> None:
    filled = make_report()

    filled.check("kills", history_with("runs", lambda run: run.id == "b", state="failed"), ALL)

    assert not filled.passed
    assert "run b is failed, but the log ends with stopped" in filled.as_text()


def test_it_is_written_as_text_and_as_json(tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal" / "one"
    folder.mkdir(parents=True)

    make_report(verdict(True)).write(folder)

    latest = json.loads((tmp_path / "rehearsal" / "latest.json").read_text())
    assert latest["passed"] is True
    assert latest["verdicts"][0]["name"] == "kill-random"
    assert "ALL GREEN" in (folder / "report.txt").read_text()
