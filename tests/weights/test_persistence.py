"""Persistence diagrams with the real library, of points whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client
from numpy.typing import NDArray

from invocations.models import Run
from observatory import persistence
from observatory.persistence import _bars
from tests.observatory.embedding_host import *  # noqa: F403  its fixtures
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of

pytestmark = pytest.mark.skipif(
    not persistence.is_installed(), reason="gudhi missing: make setup EXTRAS=research"
)


def bars_of(points: NDArray[np.float64]) -> list[persistence.Bar]:
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    return list(_bars(unit.astype("<f2").tobytes(), unit.shape[1]))


def on_ring(random: np.random.Generator, count: int, noise: float = 0.02) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = np.concatenate(
        [np.stack([np.cos(angles), np.sin(angles)], 1), np.zeros((count, 382))], 1
    )
    noisy: NDArray[np.float64] = ring + noise * random.standard_normal(ring.shape) / 384**0.5
    return noisy


@pytest.mark.parametrize("seed", range(5))
def test_a_ring_is_one_loop_that_lasts(seed: int) -> None:
    found = bars_of(on_ring(np.random.default_rng(seed), 40))

    loops = sorted((one.lasts for one in found if one.dimension == 1), reverse=True)
    assert loops[0] > 1.2  # of a circle with the radius 1: until the square root of 3
    assert all(one < 0.1 for one in loops[1:])
    assert [one.death for one in found].count(None) == 1  # one part never ends


def test_two_places_are_two_parts_until_they_meet() -> None:
    random = np.random.default_rng(1)
    places = np.repeat(np.eye(384)[:2], 20, axis=0)
    found = bars_of(places + 0.05 * random.standard_normal(places.shape) / 384**0.5)

    parts = sorted((one.death or 9.0 for one in found if one.dimension == 0), reverse=True)
    assert parts[:2] == [9.0, pytest.approx(2**0.5, abs=0.1)]
    assert parts[2] < 0.2


@pytest.mark.parametrize("texts", [0, 1, 2])
def test_too_few_texts_are_no_diagram(
    owner: Client, run: Run, work: Work, embed: Embed, texts: int
) -> None:
    for number in range(texts):
        work(run, f"text {number}")
    embed()

    page = html_of(owner.get(f"/observatory/report/persistence/?run={run.public_id}"))

    assert "too few texts" in page


def test_a_report_leads_to_diagrams_with_a_table_and_a_file(
    owner: Client, run: Run, work: Work, embed: Embed
) -> None:
    for number in range(9):
        work(run, f"word{number} in place {number % 3}")
    work(run, "word0 in place 0")  # the same once more: a part that ends at once
    embed()
    query = f"?run={run.public_id}"

    report = html_of(owner.get(f"/observatory/report/{query}"))
    page = html_of(owner.get(f"/observatory/report/persistence/{query}"))
    file = b"".join(owner.get(f"/observatory/report/persistence.csv{query}").streaming_content)  # type: ignore[attr-defined]

    assert f"/observatory/report/persistence/{query}" in report
    assert "What lasts longest" in page
    assert page.count('class="picture-dot"') == 8
    assert file.decode().splitlines()[0] == "run,dimension,birth,death"
    assert len(file.decode().splitlines()) >= 11
