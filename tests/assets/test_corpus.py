"""Media as they were reported to be made, and what becomes of each.

Each case names where its kind was reported (repository and number); the files are made here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import pytest

from assets.errors import UnsupportedMedia
from assets.ingest import store

from .conftest import EverythingKept
from .made_media import MADE

pytestmark = pytest.mark.django_db

CORPUS = Path(__file__).parents[1] / "platforms" / "corpus" / "media.json"
CASES: list[dict[str, Any]] = json.loads(CORPUS.read_text())
TAKEN = [case for case in CASES if "error" not in case]
NOT_TAKEN = [case for case in CASES if "error" in case]


def test_every_case_says_where_its_kind_was_reported() -> None:
    assert all(case["reported"].count("#") == 1 for case in CASES)


@pytest.mark.parametrize("case", TAKEN, ids=[case["made"] for case in TAKEN])
def test_what_is_published_plays_as_it_was_meant(case: dict[str, Any]) -> None:
    data = MADE[case["made"]]()

    asset = store(data, kind=case["kind"])

    assert asset.content_type == case["type"]
    assert asset.seconds == pytest.approx(case["seconds"], abs=0.12)
    if case["kind"] == "video":
        assert [asset.width, asset.height] == case["size"]
        poster = asset.renditions["poster"]
        assert [poster["width"], poster["height"]] == case["size"]
    with asset.path() as path, av.open(str(path)) as file:
        kept = path.read_bytes() == data
        claimed = (file.duration or 0) / av.time_base
    assert kept is case["kept"]
    if not case.get("silent"):  # about its length, which is right too
        assert claimed == pytest.approx(asset.seconds, abs=0.1)
    with asset.path() as path:
        again = store(path, kind=case["kind"])
    assert again.pk == asset.pk


@pytest.mark.parametrize("case", NOT_TAKEN, ids=[case["made"] for case in NOT_TAKEN])
def test_what_is_not_taken_is_named(case: dict[str, Any], everything_kept: EverythingKept) -> None:
    data, content_type = MADE[case["made"]](), case.get("content_type", "")

    with pytest.raises(UnsupportedMedia, match=r"^[A-Z].+\.$") as refused:
        store(data, kind=case["kind"], content_type=content_type)

    assert case["error"] in str(refused.value)
    assert not refused.value.retryable
    assert everything_kept.published() == everything_kept.temporary() == []
