"""The models that farm workers offer, as every process knows them.

Offers of the same name are one model where input, output and weights agree; else the ones that came
later are called `farm:<name>@<worker>`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from lib.compiled_statements import CompiledSelect
from lib.stored_sentences import stored_sentence
from platforms.base import Modality, Model
from platforms.farm_models import FarmModel, FarmModels

from .models import FarmWorker
from .stamp import stamp

logger = logging.getLogger(__name__)

NOBODY = stored_sentence(
    "No worker of the farm that offers %(model)s is awake; the last was %(worker)s."
)
READ_EVERY_SECONDS = 1.0  # besides each change: workers fall silent without one
DEADLINE_SECONDS = 600.0  # of a model whose worker does not say how long it takes
Offer = Mapping[str, Any]
WorkersByModel = Mapping[str, frozenset[str]]

# As `_known`: by model, and by operation on video.
_able: tuple[object, float, tuple[WorkersByModel, WorkersByModel]] = (None, 0.0, ({}, {}))
_known: tuple[object, float, FarmModels] = (None, 0.0, {})  # stamp, when it was read, what


def known_models() -> FarmModels:
    """As of a second ago at most. On an event loop, which must not query, as of the last reading."""
    global _known
    current = stamp.read()
    if current is None:
        return {}
    fresh = current == _known[0] and time.monotonic() - _known[1] < READ_EVERY_SECONDS
    if not fresh and not _on_event_loop():
        try:
            _known = (current, time.monotonic(), read_models())
        except DatabaseError:
            logger.warning("The farm could not be read.", exc_info=True)
    return _known[2]


def forget() -> None:
    """Read the rows anew when next asked: what this transaction has changed counts for it at once."""
    global _known
    _known = (None, 0.0, _known[2])


def announce_existing() -> None:
    """At the start: the data folder may be younger than the database."""
    if stamp.read() is None and FarmWorker.objects.kept().exists():
        stamp.announce_change()


def read_models() -> FarmModels:
    """As of now. One query."""
    at = timezone.now()
    found = {}
    columns = [
        "id",
        "public_id",
        "name",
        "offers",
        "status",
        "requested_status",
        "last_seen_at",
        "created_at",
    ]
    columns += ["tags", "serves_tag", "serves_person", "sleep_windows"]
    for model_id, offered in _offers_by_id(list(FarmWorker.objects.kept().only(*columns))).items():
        worker, offer = offered[0]
        alive = any(one.takes_work(at) for one, _ in offered)
        last = max(offered, key=lambda pair: pair[0].last_seen_at or pair[0].created_at)[0]
        problem = "" if alive else NOBODY % {"model": offer["title"], "worker": last.name}
        audiences = tuple({one.audience(at) for one, _ in offered})
        model = replace(_model(model_id, worker, offer), audiences=audiences)
        found[model_id] = FarmModel(model, problem)
    return found


def model_ids(worker: FarmWorker) -> frozenset[str]:
    """What steps may be called for this worker to be given them."""
    able = workers_by_model()
    return frozenset(one for one, workers in able.items() if worker.public_id in workers)


def workers_by_model() -> WorkersByModel:
    """The ids of the workers that offer each model, as of a second ago at most: every claim asks. One
    query at most."""
    return _workers_that_are_able()[0]


def workers_by_operation() -> WorkersByModel:
    """The same, of those that make films for everybody or for a person, by operation."""
    return _workers_that_are_able()[1]


def _workers_that_are_able() -> tuple[WorkersByModel, WorkersByModel]:
    global _able
    current = stamp.read()
    fresh = current is not None and current == _able[0]
    if not fresh or time.monotonic() - _able[1] >= READ_EVERY_SECONDS:
        _able = (current, time.monotonic(), _read_workers_that_are_able())
    return _able[2]


def _read_workers_that_are_able() -> tuple[WorkersByModel, WorkersByModel]:
    rows = FarmWorker.objects.kept().only("id", "public_id", "offers", "operations", "serves_tag")
    workers = list(rows)
    by_model = {
        model_id: frozenset(worker.public_id for worker, _ in pairs)
        for model_id, pairs in _offers_by_id(workers).items()
    }
    by_operation: dict[str, frozenset[str]] = {}
    for worker in workers:
        for operation in worker.operations if not worker.serves_tag else ():
            others = by_operation.get(operation, frozenset())
            by_operation[operation] = others | {worker.public_id}
    return by_model, by_operation


def offering_workers() -> dict[str, list[FarmWorker]]:
    """The workers that offer each model; the oldest first. One query."""
    offered = _offers_by_id(_KEPT.rows())
    return {model_id: [worker for worker, _ in pairs] for model_id, pairs in offered.items()}


# Every look at due steps asks for it.
_KEPT: CompiledSelect[FarmWorker] = CompiledSelect(
    lambda: FarmWorker.objects.kept().defer("specs", "self_test")
)


def offer_of_model(worker: FarmWorker, model_id: str) -> Offer:
    """What the worker itself calls it by, and all it said of it; empty where it offers it no more."""
    name = model_id.partition(":")[2].partition("@")[0]
    return next((one for one in worker.offers if one["name"] == name), {})


def _offers_by_id(workers: list[FarmWorker]) -> dict[str, list[tuple[FarmWorker, Offer]]]:
    """Those of the oldest worker have the plain names."""
    found: dict[str, list[tuple[FarmWorker, Offer]]] = {}
    for worker in workers:
        for offer in worker.offers:
            model_id = f"farm:{offer['name']}"
            first = found.get(model_id)
            if first and _identity(first[0][1]) != _identity(offer):
                model_id = f"{model_id}@{worker.public_id}"
            found.setdefault(model_id, []).append((worker, offer))
    return found


def _identity(offer: Offer) -> tuple[object, ...]:
    return offer["input"], offer["output"], offer.get("weights_sha256")


def _model(model_id: str, worker: FarmWorker, offer: Offer) -> Model:
    seconds = offer.get("seconds")
    return Model(
        id=model_id,
        name=offer["title"] if "@" not in model_id else f"{offer['title']} ({worker.name})",
        input=Modality(offer["input"]),
        output=Modality(offer["output"]),
        parameters=offer.get("parameters") or {},
        seconds=seconds,
        usd=0.0,
        deadline_seconds=max(DEADLINE_SECONDS, 20 * (seconds or 0.0)),
        licence=offer.get("licence") or "",
    )


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
