"""Making a bundle, a piece at a time: memory does not grow with the run."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from archive.hooks import FilmOfRun, hooks
from assets import blobs
from assets.models import Asset
from invocations.models import Invocation, Run
from invocations.states import InvocationState
from networks.models import Person
from studio import tiles

from .schema import FORMAT, MAX_FILM, PAGE, PICTURE, POINTS, RECORD, VERSION, name_of
from .trajectory import BundledTrajectory

BATCH = 50  # steps that are held at a time, each with up to two million characters
OVER = (InvocationState.COMPLETED, InvocationState.FAILED, InvocationState.CANCELLED)
BEGINNING_OF_ZIP = (1980, 1, 1, 0, 0, 0)
LISTED = '"invocations": ['  # with which the first line of the record ends


class _Pipe:
    """What a zip file is written to: it cannot be gone back in, and what is in it is taken away."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self._held)
        self._held.clear()
        return data


def write_bundle(
    run: Run, person: Person, *, at: datetime, costs: bool = False, language: str = "en"
) -> Generator[bytes]:
    """The bundle of `run` as far as it has come, for this person: steps under way are left out, and so are
    attempts.

    `costs`: for those who may know them; `language`: of its page.
    """
    last = run.invocations.order_by("-sequence").values_list("sequence", flat=True).first()
    until = -1 if last is None else last
    shown = _film_of(run, person)
    film = shown.file if shown else None
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as bundle:  # type: ignore[call-overload]
        record = _record(run, until, at, shown, costs=costs)
        yield from _entry(bundle, pipe, RECORD, (text.encode() for text in record))
        with translation.override(language):
            found = BundledTrajectory.of_run(run)
        page = _page(run, until, language, found, film)
        yield from _entry(bundle, pipe, PAGE, (text.encode() for text in page))
        if found is not None:
            with translation.override(language):
                picture = found.picture
            yield from _entry(bundle, pipe, PICTURE, iter([picture]))
            yield from _entry(bundle, pipe, POINTS, iter([found.points]))
        if film is not None:
            yield from _medium(bundle, pipe, film)
        for asset in _media(run, until, film):
            yield from _medium(bundle, pipe, asset)
    yield pipe.take()


def _film_of(run: Run, person: Person) -> FilmOfRun | None:
    """The newest finished film of it that the person may see."""
    films = (one for one in hooks.films_of_run(run, person) if one.file is not None)
    return next((one for one in films if one.file and one.file.bytes <= MAX_FILM), None)


def write_bundles(
    runs: Iterable[Run], person: Person, *, at: datetime, language: str = "en"
) -> Generator[bytes]:
    """The bundles of several runs as one zip file, made a piece at a time like each of them."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload]
        for run in runs:
            content = write_bundle(run, person, at=at, language=language)
            yield from _entry(archive, pipe, f"panic-{run.public_id}.zip", content)
    yield pipe.take()


def _entry(
    bundle: zipfile.ZipFile, pipe: _Pipe, name: str, content: Iterator[bytes], size: int = -1
) -> Iterator[bytes]:
    entry = zipfile.ZipInfo(name, BEGINNING_OF_ZIP)
    entry.compress_type = zipfile.ZIP_DEFLATED if size < 0 else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    entry.file_size = max(size, 0)
    with bundle.open(entry, "w", force_zip64=size < 0) as target:
        for piece in content:
            target.write(piece)
            if data := pipe.take():
                yield data
    yield pipe.take()


def _medium(bundle: zipfile.ZipFile, pipe: _Pipe, asset: Asset) -> Iterator[bytes]:
    """Media are packed already. What the storage has lost is left out."""
    content = blobs.read(asset.name, 0, asset.bytes)
    try:
        first = next(content, b"")
    except FileNotFoundError:
        return
    yield from _entry(bundle, pipe, name_of(asset), chain([first], content), asset.bytes)


def _media(run: Run, until: int, film: Asset | None) -> Iterator[Asset]:
    shows = Invocation.objects.filter(run=run, sequence__lte=until, state__in=OVER)
    shown = shows.filter(Q(input_asset=OuterRef("pk")) | Q(output_asset=OuterRef("pk")))
    wanted = Asset.objects.filter(Exists(shown)).exclude(pk=film.pk if film else 0).order_by("pk")
    after = 0
    batch: list[Asset] | None = None
    while batch is None or len(batch) == BATCH:
        batch = list(wanted.filter(pk__gt=after)[:BATCH])
        yield from batch
        after = batch[-1].pk if batch else after


def _steps(run: Run, until: int) -> Iterator[Invocation]:
    related = ("input_asset", "output_asset", "perturbation")
    steps = run.invocations.select_related(*related).filter(state__in=OVER)
    after = -1
    asked = steps.in_order().filter(sequence__lte=until)
    while after < until:
        batch = list(asked.filter(sequence__gt=after)[:BATCH])
        yield from batch
        after = batch[-1].sequence if len(batch) == BATCH else until


# run.json: a line for the run, and one for each step


def _record(
    run: Run, until: int, at: datetime, film: FilmOfRun | None, *, costs: bool
) -> Iterator[str]:
    head = {"format": FORMAT, "version": VERSION, "exported_at": at, "run": _of_run(run, costs)}
    if film is not None:
        named = {"title": film.title, "chapters": film.chapters}
        head["film"] = _content("", film.file)["media"] | named
    yield f"{_json(head)[:-1]}, {LISTED}"
    following = "\n"
    for step in _steps(run, until):
        yield following + _json(_of_step(step, costs))
        following = ",\n"
    yield "\n]}\n"


def _of_run(run: Run, costs: bool) -> dict[str, Any]:
    return {
        "id": run.public_id,
        "network": {"name": run.network.name, "slug": run.network.slug},
        "prompt": run.prompt,
        "state": run.state,
        "reason": run.reason or None,
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "first_slot": run.first_slot,
        "ring": run.ring,
        "provenance": run.provenance,
        **({"usd": run.usd} if costs else {}),
    }


def _of_step(step: Invocation, costs: bool) -> dict[str, Any]:
    name, platform, _ = tiles.describe_model(step.model)
    done = step.state == InvocationState.COMPLETED
    return {
        "sequence": step.sequence,
        "slot": step.slot,
        "model": step.model,
        "model_name": name,
        "platform_name": platform,
        "state": step.state,
        "input": _content(step.input_text, step.input_asset),
        "output": _content(step.output_text, step.output_asset) if done else None,
        "substituted": step.substituted,
        "fallen_back": step.fallen_back,
        "perturbation": _added_words(step),
        "error": step.error_code or None,
        "created_at": step.created_at,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
        "seconds": step.seconds,
        **({"usd": step.usd} if costs else {}),
    }


def _added_words(step: Invocation) -> dict[str, str] | None:
    """What its input has besides what the step before gave."""
    found = getattr(step, "perturbation", None)
    return {"reason": found.reason, "words": found.words} if found else None


def _content(text: str, asset: Asset | None) -> dict[str, Any]:
    if asset is None:
        return {"text": text}
    described = ("kind", "sha256", "bytes", "width", "height", "seconds")
    media = {name: getattr(asset, name) for name in described}
    return {"media": {"file": name_of(asset), "type": asset.content_type, **media}}


def _json(value: object) -> str:
    return json.dumps(value, cls=_Encoder, ensure_ascii=False)


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        """To the microsecond, so that what is taken in again is what it was."""
        return o.astimezone(UTC).isoformat() if isinstance(o, datetime) else super().default(o)


# index.html: the film strip, which needs neither a server nor a script


def _page(
    run: Run,
    until: int,
    language: str,
    trajectory: BundledTrajectory | None,
    film: Asset | None,
) -> Iterator[str]:
    def render(name: str, context: Mapping[str, object]) -> str:
        with translation.override(language):  # what is sent in pieces is made after the request
            return render_to_string(f"archive/bundle/{name}.html", context)

    yield render("head", {"run": run})
    if film is not None:
        yield render("film", {"file": name_of(film)})
    if trajectory is not None:
        yield render("trajectory", {"drawing": trajectory.drawing, "picture": PICTURE})
    yield render("strip", {"run": run})
    for step in _steps(run, until):
        media = {
            side: name_of(asset) if asset else ""
            for side, asset in (("input", step.input_asset), ("output", step.output_asset))
        }
        line = tiles.step_line(step)  # nothing is parsed for it: there may be a hundred thousand
        context = {"step": step, "line": line, "media": media, "alt": tiles.alt_text(step)}
        yield render("_frame", context)
    yield render("foot", {"run": run})


AT_ONCE = 4  # downloads of a web process; each holds a thread and a connection
_under_way: set[int] = set()


class TooManyExports(Exception):
    """As many bundles as may be are on their way already; `str(error)` is for the person."""

    def __init__(self) -> None:
        super().__init__(gettext("Several bundles are being made already. Try again in a minute."))


def bundle_response(
    request: HttpRequest, run: Run, person: Person, *, costs: bool = False
) -> StreamingHttpResponse:
    """The bundle as a download; raises TooManyExports."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    pieces = write_bundle(run, person, at=timezone.now(), costs=costs, language=language)
    return _download(request, pieces, f"panic-{run.public_id}.zip")


def bundles_response(
    request: HttpRequest, runs: Iterable[Run], person: Person
) -> StreamingHttpResponse:
    """The bundles of several runs as one download; raises TooManyExports."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    pieces = write_bundles(runs, person, at=timezone.now(), language=language)
    return _download(request, pieces, "panic-runs.zip")


def _download(request: HttpRequest, pieces: Generator[bytes], name: str) -> StreamingHttpResponse:
    if len(_under_way) >= AT_ONCE:
        raise TooManyExports
    content = _Download(pieces)
    sent = _InItsThread(content) if isinstance(request, ASGIRequest) else content
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
    return StreamingHttpResponse(sent, content_type="application/zip", headers=headers)


class _Download:
    """The pieces; it counts from the first that is asked for until it is closed."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> _Download:
        return self

    def __next__(self) -> bytes:
        _under_way.add(id(self))
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        _under_way.discard(id(self))
        with suppress(ValueError):  # in the middle of a piece: its thread closes it after that
            self._pieces.close()


class _InItsThread:
    """The same for the event loop: database and disk are read beside it, on one connection."""

    def __init__(self, content: _Download) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="bundle")
        try:
            while (
                piece := await loop.run_in_executor(thread, next, self._content, None)
            ) is not None:
                yield piece
        finally:
            thread.submit(self.close)
            thread.submit(connections.close_all)  # its own, which `connection.close` here is not
            thread.shutdown(wait=False)

    def close(self) -> None:
        """Django calls it too, where nobody ever asked for a piece."""
        self._content.close()
