"""Making an archived run of a bundle: to be looked at, and to be performed where nothing runs.

Everything is checked before anything is written. Media come in by the door that models' media come
in by, which decodes them to the end. An imported run was charged elsewhere: here it costs nothing,
goes on never, and is never how its network stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO

from django.utils.translation import gettext

from accounts.models import User
from archive.hooks import ImportedFilm, hooks
from assets import ingest, retention
from assets.errors import AssetError
from invocations import removal
from invocations.models import Invocation, Perturbation, Run
from invocations.states import LIVE_RUNS, Reason, RunState
from lib.stored_sentences import translate_stored
from networks.models import Network

from .reading import BadBundle, Bundle, open_bundle
from .schema import (
    MAX_FILM,
    BundleContent,
    BundleFilm,
    BundleHead,
    BundleMedium,
    BundleStep,
)

BATCH = 500  # steps, some dozens of milliseconds: others want to write too
BATCH_CHARACTERS = 4_000_000  # of their texts: one step may have two million
COPIED_FIELDS = (
    *("sequence", "slot", "model", "state", "substituted", "fallen_back"),
    *("created_at", "started_at", "seconds"),
)
_ENDED = set(RunState.values) - set(LIVE_RUNS)


def import_run(
    *, network: Network, source: IO[bytes], at: datetime, owner: User | None = None
) -> Run:
    """The run that the bundle tells of, in the archive of `network`; raises BadBundle. `owner`: of the film in it; the
    network's unless given.

    Blocks while media are decoded: call it with no transaction open.
    """
    with open_bundle(source) as bundle:
        media = _media(bundle)
        for medium in media.values():
            bundle.check_medium(medium)
        assets: dict[str, int] = {}
        try:
            for medium in media.values():
                assets[medium.file] = _taken_in(bundle, medium)
            return _written(network, bundle, assets, owner or network.owner, at)
        except BaseException:
            retention.abandon(assets.values(), at=at)
            raise


def _written(
    network: Network, bundle: Bundle, assets: Mapping[str, int], owner: User, at: datetime
) -> Run:
    run = _begin(network, bundle.head, at)
    try:
        _write_steps(run, bundle.steps(), assets)
        run = _end(run, bundle.head)
        if (film := bundle.head.film) is not None:
            chapters = [one.model_dump() for one in film.chapters]
            kept = ImportedFilm(run, owner, assets[film.file], film.title, chapters)
            hooks.keep_film(kept, at)
        return run
    except BaseException:
        removal.delete_run(run=run, at=at)
        raise


def _media(bundle: Bundle) -> Mapping[str, BundleMedium]:
    """All that the steps show, and the film, by file. Reads the whole record, so that it is checked."""
    film = bundle.head.film
    found: dict[str, BundleMedium] = {film.file: film} if film is not None else {}
    for step in bundle.steps():
        for content in (step.input, step.output):
            if content is None or content.media is None:
                continue
            bundle.check_listed(content.media)  # so that there are no more of them than files
            known = found.setdefault(content.media.file, content.media)
            if known.kind != content.media.kind:
                raise BadBundle(gettext("%(file)s cannot be of two kinds.") % {"file": known.file})
    return found


def _taken_in(bundle: Bundle, medium: BundleMedium) -> int:
    try:
        with bundle.medium(medium) as stream:
            most = MAX_FILM if isinstance(medium, BundleFilm) else None
            return ingest.store(stream, kind=medium.kind, max_bytes=most).pk
    except AssetError as error:
        sentence = gettext("%(file)s was not taken in. %(problem)s")
        raise BadBundle(
            sentence % {"file": medium.file, "problem": translate_stored(str(error))}
        ) from error


def _begin(network: Network, head: BundleHead, at: datetime) -> Run:
    claimed = head.run
    return Run.objects.create(
        network=network,
        prompt=claimed.prompt,
        ring=claimed.ring,
        first_slot=claimed.first_slot,
        state=claimed.state if claimed.state in _ENDED else RunState.STOPPED,
        reason=claimed.reason if claimed.reason in Reason.values else "",
        imported=True,
        created_at=at,  # lists go by when a run came here
        ended_at=at,
        lockout_until=at,
    )


def _write_steps(run: Run, steps: Iterable[BundleStep], assets: Mapping[str, int]) -> None:
    batch: list[tuple[Invocation, BundleStep]] = []
    characters = 0
    for step in steps:
        row = _row(run, step, assets)
        batch.append((row, step))
        characters += len(row.input_text) + len(row.output_text)
        if len(batch) == BATCH or characters > BATCH_CHARACTERS:
            _write_batch(batch)
            batch, characters = [], 0
    _write_batch(batch)


def _write_batch(batch: Sequence[tuple[Invocation, BundleStep]]) -> None:
    Invocation.objects.bulk_create([row for row, _ in batch])
    Perturbation.objects.bulk_create(
        [
            Perturbation(
                invocation=row,
                run_id=row.run_id,
                sequence=row.sequence,
                reason=step.perturbation.reason,
                words=step.perturbation.words,
            )
            for row, step in batch
            if step.perturbation is not None
        ]
    )


def _row(run: Run, step: BundleStep, assets: Mapping[str, int]) -> Invocation:
    input_text, input_asset = _content(step.input, assets)
    output_text, output_asset = _content(step.output, assets)
    return Invocation(
        run=run,
        network_id=run.network_id,
        input_text=input_text,
        input_asset_id=input_asset,
        output_text=output_text,
        output_asset_id=output_asset,
        error_code=step.error or "",
        # Whatever has no end is open, and would be looked for by workers.
        ended_at=step.ended_at or step.created_at,
        **{name: getattr(step, name) for name in COPIED_FIELDS},
    )


def _content(content: BundleContent | None, assets: Mapping[str, int]) -> tuple[str, int | None]:
    if content is None:
        return "", None
    return content.text or "", assets[content.media.file] if content.media else None


def _end(run: Run, head: BundleHead) -> Run:
    """Only what came whole says where it comes from."""
    claimed = head.run
    run.provenance = {
        "run": claimed.id,
        "network": claimed.network.name,
        "created_at": claimed.created_at.isoformat(),
        "ended_at": claimed.ended_at.isoformat() if claimed.ended_at else None,
        "exported_at": head.exported_at.isoformat(),
    }
    Run.objects.filter(pk=run.pk).update(provenance=run.provenance)
    return run
