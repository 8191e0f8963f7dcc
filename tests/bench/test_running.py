"""`python -m bench`: what is selected, how failures are shown, what is written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from bench import __main__ as command
from bench import plan
from bench.engines import SQLITE, SQLITE_NORMAL, Engine
from bench.environment import Context, Environment
from bench.measures import Measure, hops
from bench.rows import NotMeasured, Row


class FakeEnvironment:
    """An environment in which nothing has to be prepared."""

    @contextmanager
    def open(self) -> Iterator[Context]:
        yield cast("Context", None)


ENVIRONMENT = cast("Environment", FakeEnvironment())


def fine(context: Context, engine: Engine) -> list[Row]:
    return [Row(f"B1.celery{engine.suffix}", "≤ 1.5x", value=1.0, passed=True)]


def impossible(context: Context, engine: Engine) -> list[Row]:
    raise NotMeasured("there is no redis-server on this machine")


def broken(context: Context, engine: Engine) -> list[Row]:
    raise ValueError("out of cheese")


BARS = {"B1.celery": "≤ 1.5x", "B1.defaults": "≤ 0.2x"}


def test_a_measure_is_run_on_each_of_its_databases() -> None:
    rows = plan.run_measure(
        ENVIRONMENT, Measure({"B1.celery": "≤ 1.5x"}, fine, (SQLITE, SQLITE_NORMAL))
    )

    assert [row.id for row in rows] == ["B1.celery", "B1.celery.normal"]
    assert all(row.passed for row in rows)


def test_a_row_that_was_left_out_does_not_pass() -> None:
    rows = plan.run_measure(ENVIRONMENT, Measure(BARS, fine, (SQLITE,)))

    assert [(row.id, row.passed) for row in rows] == [("B1.celery", True), ("B1.defaults", False)]
    assert rows[1].note == "not measured: it was left out"


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (impossible, "not measured: there is no redis-server on this machine"),
        (broken, "not measured: ValueError: out of cheese"),
    ],
)
def test_every_row_that_is_not_measured_says_why(run: object, why: str) -> None:
    rows = plan.run_measure(ENVIRONMENT, Measure(BARS, run, (SQLITE,)))  # type: ignore[arg-type]

    assert [(row.id, row.passed, row.note) for row in rows] == [
        ("B1.celery", False, why),
        ("B1.defaults", False, why),
    ]


@pytest.mark.parametrize(
    ("only", "chosen"),
    [("B1", True), ("B1.celery", True), ("B10", False), ("B", False), ("B1.cel", False)],
)
def test_only_takes_a_group_or_a_row(only: str, chosen: bool) -> None:
    assert Measure(BARS, fine, (SQLITE,)).is_selected(only) is chosen


def test_no_two_measures_share_a_row() -> None:
    ids = [row_id for one in plan.measures() for row_id in one.bars]

    assert len(ids) == len(set(ids))


def test_an_unknown_name_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    status = command.main(["--only", "B99"])

    assert status == 2
    assert "There is no B99. There are B1.backup, B1.celery" in capsys.readouterr().err


def test_the_result_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bench" / "latest.json"
    machine_facts = command.describe_machine() | {"seconds": 1.0}

    command.report(
        plan.run_measure(ENVIRONMENT, Measure(BARS, fine, (SQLITE,))), machine_facts, path
    )

    content = json.loads(path.read_text())
    assert [row["id"] for row in content["rows"]] == ["B1.celery", "B1.defaults"]
    assert [row["pass"] for row in content["rows"]] == [True, False]
    assert content["machine"]["cores"] >= 1
    assert "1 of 2 rows pass." in capsys.readouterr().out


class RecordingEngine(Engine):
    """A Postgres on which nothing is executed."""

    def _execute(self, statement: str, *names: str) -> None:
        EXECUTED.append((statement.split()[0], *names))


EXECUTED: list[tuple[str, ...]] = []


def test_a_database_is_a_copy_of_one_that_was_prepared() -> None:
    EXECUTED.clear()
    engine = RecordingEngine(".postgres", "Postgres", server="postgres://ada@localhost:5432/mine")

    first = engine.environment("prepared")
    second = engine.environment("copy", "prepared")
    engine.forget("copy")

    assert first == {"DATABASE_URL": "postgres://ada@localhost:5432/prepared"}
    assert second == {"DATABASE_URL": "postgres://ada@localhost:5432/copy"}
    assert EXECUTED == [("CREATE", "prepared"), ("CREATE", "copy", "prepared"), ("DROP", "copy")]


def test_an_interruption_leaves_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PANIC_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def folders() -> list[Path]:
        return [*(tmp_path / "data" / "bench").iterdir(), *tmp_path.glob("panic-bench-*")]

    def interrupted() -> None:
        with Environment.create():
            found.extend(folders())
            raise KeyboardInterrupt

    found: list[Path] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert len(found) == 2
    assert folders() == []


def test_each_database_has_the_rows_that_its_bars_are_for() -> None:
    sqlite, normal, postgres = (set(hops.bars(suffix)) for suffix in ("", ".normal", ".postgres"))

    assert sqlite == {"B1.celery", "B1.defaults", "B1.commit", "B1.cpu"}
    assert normal == {"B1.celery.normal"}
    assert postgres == {f"{name}.postgres" for name in (*sqlite, "B1.dbos")}
