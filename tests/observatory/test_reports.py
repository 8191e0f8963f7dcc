"""Runs beside each other, a network as a whole, and their numbers as files."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone

from invocations import runs
from invocations.models import Run
from networks.models import Network
from observatory import parquet, persistence
from observatory.comparisons import compare_runs
from observatory.exports import TABLES, csv_lines
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of


def run_of(network: Network, work: Work, prompt: str, texts: int = 7) -> Run:
    run = runs.start_run(network=network, prompt=prompt, at=timezone.now(), waive_lockout=True).run
    for number in range(texts):
        work(run, f"{prompt} and number {number}")
    return run


def rows_of(name: str, *chosen: Run) -> list[dict[str, str]]:
    text = "".join(csv_lines(TABLES[name], chosen))
    return list(csv.DictReader(io.StringIO(text)))


def test_runs_beside_each_other_have_letters_and_a_distance(
    network: Network, work: Work, embed: Embed
) -> None:
    first, second, third = (run_of(network, work, one) for one in ("owl", "Owl ", "kite"))
    embed()

    found = compare_runs([first, second, third])

    assert [one.letter for one in found.runs] == ["A", "B", "C"]
    assert [one.newest.number for one in found.pictures if one.newest] == [7, 7, 7]
    assert [(one.first, one.second, one.same_words) for one in found.pairs] == [
        ("A", "B", True), ("A", "C", False), ("B", "C", False)
    ]  # fmt: skip
    assert all(one.same_models for one in found.pairs)
    assert float(found.pairs[0].distance) < float(found.pairs[1].distance)


def test_a_report_names_models_method_and_files(
    owner: Client, network: Network, work: Work, embed: Embed
) -> None:
    chosen = [run_of(network, work, one, texts=2) for one in ("owl", "kite")]
    embed()
    query = "&".join(f"run={run.public_id}" for run in chosen)

    page = html_of(owner.get(f"/observatory/report/?{query}"))
    answer = owner.get(f"/observatory/report/points.csv?{query}")
    by_address = owner.get("/observatory/report/", {"run": f"http://h/runs/{chosen[0].public_id}/"})

    assert "all-minilm-l6-v2/1" in page
    assert "dummy:text-to-text" in page
    assert "2 · D(1)" in page
    assert answer["Content-Type"].startswith("text/csv")
    assert by_address.status_code == 200
    assert owner.get(f"/observatory/report/else.csv?{query}").status_code == 404


def test_a_report_says_how_many_texts_its_numbers_lack(
    owner: Client, network: Network, work: Work, embed: Embed
) -> None:
    run = run_of(network, work, "owl", texts=2)
    address = f"/observatory/report/?run={run.public_id}"

    before = html_of(owner.get(address))
    embed()

    assert "2 texts were not looked at yet" in before
    assert "not looked at yet" not in html_of(owner.get(address))


def test_points_and_distances_are_rows(network: Network, work: Work, embed: Embed) -> None:
    run = run_of(network, work, "=owl", texts=3)
    embed()

    points, distances = rows_of("points", run), rows_of("distances", run)

    assert [row["sequence"] for row in points] == ["0", "1", "2"]
    assert points[0]["text"] == "'=owl and number 0"
    assert [(row["first_sequence"], row["second_sequence"]) for row in distances] == [
        ("0", "1"), ("0", "2"), ("1", "2")
    ]  # fmt: skip
    assert abs(float(distances[0]["distance"]) - float(points[1]["from_previous"])) < 1e-4


def test_a_networks_observatory_has_its_runs_in_one_picture(
    owner: Client, network: Network, work: Work, embed: Embed
) -> None:
    for prompt in ("owl", "kite"):
        run_of(network, work, prompt, texts=2)
    embed()

    page = html_of(owner.get(f"/n/{network.slug}/observatory/"))

    assert page.count('class="picture-run"') == 2
    assert page.count('type="checkbox" name="run"') == 2
    assert "other models" not in page


def test_without_the_extra_there_is_no_parquet_and_admins_are_told_how_to_have_it(
    owner: Client,
    admin: Client,
    run: Run,
    work: Work,
    embed: Embed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet, "is_installed", lambda: False)
    monkeypatch.setattr(persistence, "is_installed", lambda: False)
    work(run, "a kite over the sea")
    embed()
    query = f"?run={run.public_id}"

    theirs, mine = (html_of(one.get(f"/observatory/report/{query}")) for one in (owner, admin))

    assert mine.count("make setup EXTRAS=research") == 2  # the files, and persistence diagrams
    assert "make setup EXTRAS=research" not in theirs
    assert ".parquet" not in mine
    assert "persistence/" not in mine
    for path in ("points.parquet", "persistence/"):
        assert owner.get(f"/observatory/report/{path}{query}").status_code == 404


def test_the_newest_texts_that_can_be_compared_are(
    network: Network, work: Work, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that waits for its embedding takes no other's place."""
    run = run_of(network, work, "owl", texts=3)
    embed()
    work(run, "not embedded yet")
    monkeypatch.setattr("observatory.outputs.OLDEST", 2)

    rows = rows_of("distances", run)

    assert len(rows) == 1
