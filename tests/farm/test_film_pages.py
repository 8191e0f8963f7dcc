"""What a worker does for films stands on the pages of the farm: at once, with its log and its preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from farm import previews
from farm.feeds import FarmFeed, FarmWorkerFeed
from farm.models import TaskAssignment
from films.models import Film
from realtime.events import Progress
from tests.assets import samples

from .conftest import WorkerProgram
from .test_film_work import *  # noqa: F403  its fixtures


@pytest.fixture
def token(film: Film, maker: WorkerProgram) -> str:
    (work,) = maker.claim()
    return str(work["token"])


def drawn_by(feed: Any, maker: WorkerProgram) -> str:
    html = feed.render_progress(
        Progress("farm", "film_work.changed", {"worker": maker.row.public_id})
    )
    return "".join(html.values())


def test_a_task_in_hand_stands_on_both_pages(
    film: Film, maker: WorkerProgram, token: str, admin: Any
) -> None:
    address = f"/films/{film.public_id}/"

    assert address in admin.get("/farm/").content.decode()
    page = admin.get(f"/farm/{maker.row.public_id}/").content.decode()
    assert address in page
    assert "<code>interpolate</code>" in page
    assert address in drawn_by(FarmFeed(), maker)
    assert address in drawn_by(FarmWorkerFeed(maker.row), maker)


def test_its_log_can_be_downloaded(
    film: Film, maker: WorkerProgram, token: str, admin: Any
) -> None:
    maker.call(f"attempts/{token}/log", {"offset": 0, "text": "loading\n"})
    work, address = TaskAssignment.objects.get(), f"/farm/{maker.row.public_id}/film-log/"

    answer = admin.get(f"{address}?work={work.pk}")

    assert answer.content == b"loading\n"
    assert f'filename="{film.public_id}-' in answer["Content-Disposition"]
    assert (
        f"{address}?work={work.pk}" in admin.get(f"/farm/{maker.row.public_id}/").content.decode()
    )
    for wrong in ("", "?work=x", f"?work={work.pk + 1}", f"?work={'9' * 30}"):
        assert admin.get(f"{address}{wrong}").status_code == 404


def test_its_preview_is_shown_while_it_is_at_work(
    maker: WorkerProgram, token: str, admin: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    path = f"/api/farm/v1/attempts/{token}/preview"
    put = maker.client.put(path, samples.image(seed=1), "image/png", headers=maker.headers)
    previews.queue.wait_until_empty()
    work, address = TaskAssignment.objects.get(), f"/farm/{maker.row.public_id}/film-preview/"

    answer = admin.get(f"{address}?work={work.pk}")

    assert put.status_code == 202
    assert answer["Content-Type"] == "image/jpeg"
    assert (
        f"{address}?work={work.pk}" in admin.get(f"/farm/{maker.row.public_id}/").content.decode()
    )
    assert maker.call(f"attempts/{token}/finish", {"outcome": "released"}).status_code == 200
    late = maker.client.put(path, samples.image(seed=2), "image/png", headers=maker.headers)
    assert late.status_code == 409
