"""What the tests of films share: a clip that was sent, a run with pictures, and somebody who makes films."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from accounts.models import User
from assets import blobs, ingest
from films import intermediates, orders
from films.models import Film, Upload, UploadState
from films.worker import FilmWorker
from invocations.models import Invocation, Run
from invocations.states import InvocationState
from operations.contract import OperationResult, OperationWork
from operations.inspection import inspect_clip
from operations.parameters import complete_parameters
from operations.registry import operation_named
from operations.steady import shown_size
from tests.operations.clips import moving_sprite, tone, write_clip, write_wav

Order = Callable[..., Film]


def operate_here(
    name: str,
    inputs: list[Path],
    parameters: dict[str, Any],
    folder: Path,
    report: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> OperationResult:
    """As `operations.runner.run` in this process: another one takes longer to start than this to be done."""
    operation = operation_named(name)
    values = complete_parameters(operation, parameters)
    backend = next(one for one in operation.backends if one.serves(values))
    made = backend.make(OperationWork(inputs, values, folder, report))
    return OperationResult(made.outputs, backend.name, backend.degraded(values), made.details)


@pytest.fixture(autouse=True)
def no_films_of_others() -> Iterator[None]:
    yield
    for folder in intermediates.folders():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


@pytest.fixture(scope="session")
def sounding_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6 seconds at 4 pictures a second, with a sound: two chunks."""
    path = tmp_path_factory.mktemp("sounding") / "clip.mp4"
    return write_clip(path, moving_sprite(24), rate=4, sound=tone(6.0))


@pytest.fixture
def upload(alice: User, sounding_clip: Path) -> Upload:
    """Alice's clip, sent and found good."""
    return upload_of(alice, sounding_clip)


def upload_of(owner: User, clip: Path) -> Upload:
    width, height = shown_size(clip)
    facts = inspect_clip(clip).facts | {"width": width, "height": height}
    later = timezone.now() + timedelta(hours=1)
    made = Upload.objects.create(
        owner=owner,
        name="clip.mp4",
        bytes=clip.stat().st_size,
        state=UploadState.READY,
        facts=facts,
        expires_at=later,
    )
    copy = clip.with_suffix(".copy")
    copy.write_bytes(clip.read_bytes())
    blobs.publish({made.stored_name: copy})
    return made


@pytest.fixture
def order(alice: User, upload: Upload) -> Order:
    """Orders a film of Alice's clip."""

    def ordered(recipe: str = "interpolate", **options: Any) -> Film:
        return orders.order_film(
            owner=alice, upload=upload, recipe=recipe, options=options, at=timezone.now()
        )

    return ordered


@pytest.fixture
def film_worker() -> Iterator[FilmWorker]:
    with closing(FilmWorker(operate=operate_here)) as worker:
        yield worker


def make_all(worker: FilmWorker, film: Film) -> Film:
    """Until nothing is to be had any more."""
    while worker.work_once():
        pass
    film.refresh_from_db()
    return film


@pytest.fixture
def pictured_run(run: Run, tmp_path: Path) -> Run:
    """A run of six steps: a picture, words, a sound, a picture, words, a picture."""
    first, second = (_picture(tmp_path, colour) for colour in ("teal", "orchid"))
    sound = ingest.store(write_wav(tmp_path / "a.wav", tone(0.6)), kind="audio")
    outputs: list[dict[str, Any]] = [
        {"output_asset": first},
        {"output_text": "a balloon over the sea"},
        {"output_asset": sound},
        {"output_asset": second},
        {"output_text": "two balloons"},
        {"output_asset": first},
    ]
    run.invocations.all().delete()
    now = timezone.now()
    for sequence, output in enumerate(outputs):
        Invocation.objects.create(
            run=run,
            network=run.network,
            sequence=sequence,
            slot=0,
            model="dummy:text-to-text",
            state=InvocationState.COMPLETED,
            created_at=now,
            ended_at=now,
            **output,
        )
    return run


def _picture(folder: Path, colour: str) -> Any:
    path = folder / f"{colour}.png"
    Image.new("RGB", (64, 48), colour).save(path)
    return ingest.store(path, kind="image")
