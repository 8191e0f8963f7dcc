"""Exported tables as Parquet files, with the real writer."""

from __future__ import annotations

import io

import pytest
from django.test import Client

from invocations.models import Run
from observatory import parquet
from tests.observatory.embedding_host import *  # noqa: F403  its fixtures
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of


def test_points_and_distances_are_typed_and_null_where_there_is_nothing(
    owner: Client, run: Run, work: Work, embed: Embed
) -> None:
    if not parquet.is_installed():
        pytest.skip("Parquet missing: make setup EXTRAS=research")
    from arro3.io import read_parquet

    work(run, "=a kite over the sea")
    work(run, "a sea, grey")
    embed()
    query = f"?run={run.public_id}"

    page = html_of(owner.get(f"/observatory/report/{query}"))
    answers = [
        owner.get(f"/observatory/report/{name}.parquet{query}") for name in ("points", "distances")
    ]
    points, distances = (read_parquet(io.BytesIO(one.content)).read_all() for one in answers)

    assert f"/observatory/report/points.parquet{query}" in page
    assert answers[0]["Content-Disposition"] == 'attachment; filename="panic-points.parquet"'
    assert points.column("sequence").to_pylist() == [0, 1]
    assert points.column("from_previous").to_pylist()[0] is None
    assert points.column("text").to_pylist() == ["=a kite over the sea", "a sea, grey"]
    assert str(points.schema.field("x").type) == str(distances.schema.field("distance").type)
    assert distances.num_rows == 1
