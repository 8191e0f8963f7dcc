"""B1.embedding: a hop while outputs are embedded, against one while none are. B14: a step of this machine's own
models, and a search by meaning among a million outputs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import psutil

from bench.engines import Engine
from bench.environment import Context, PreparedStack, data_dir, print_progress
from bench.in_process.client import InProcessClient
from bench.rows import (
    NotMeasured,
    Row,
    judge_maximum,
    judge_multiple,
    judge_pairs,
    multiple_bar,
    plain_bar,
    ratio_bar,
)
from bench.statistics import interleaved, median, p95
from tests.stack import MANAGE, Stack

ROUNDS = 5
HOPS, SLICES = 200, 2  # a slice of hops; slices of a round
MAX_EMBEDDING = 1.05
MODELS = (
    "local:synth",
    "local:listener",
)  # real ones that need no weights: a text, a sound, a text
STEPS, STEP_SLICES = 10, 4  # of a slice; of a round
MAX_STEP, ADDED_MS = 1.1, 20.0
OUTPUTS, SEARCHES = 1_000_000, 20  # of a round
MAX_SEARCH_MS, MAX_MISSED = 150.0, 5.0  # ms; % of the nearest: a recall of 0.95
PATIENCE = 60.0
EMBEDDING_BARS = {"B1.embedding": ratio_bar(MAX_EMBEDDING, "ms")}
STEP_BARS = {"B14.step": multiple_bar(MAX_STEP, ADDED_MS)}
SEARCH_BARS = {
    "B14.search": plain_bar(MAX_SEARCH_MS, "ms"),
    "B14.missed": plain_bar(MAX_MISSED, "%"),
}


# While outputs are embedded


class EmbeddingSides:
    """The same queue and rows: embeddings are calculated all the time, or their process is held."""

    def __init__(self, in_process: InProcessClient, stack: Stack) -> None:
        self._in_process = in_process
        self._stack = stack
        self.embedded_with: list[int] = []

    def chain(self) -> float:
        run = self._in_process.call("chains.start_product_chain", hops=HOPS)
        return float(self._in_process.call("chains.wait_for_chain", run=run, hops=HOPS))

    def with_embeddings(self) -> float:
        before = self.embedded()
        took = self.chain()
        self.embedded_with.append(self.embedded() - before)
        return took

    def without(self) -> float:
        self._tell_host(signal.SIGSTOP)
        try:
            return self.chain()
        finally:
            self.let_go()

    def let_go(self) -> None:
        """One that is held does not end."""
        self._tell_host(signal.SIGCONT)

    def _tell_host(self, number: int) -> None:
        for process in self._stack.processes("models"):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def embedded(self) -> int:
        return int(self._in_process.call("embedded.embedded"))


def measure_embedding(context: Context, engine: Engine) -> list[Row]:
    prepared = _started(context, engine, weights=True)
    sides = EmbeddingSides(prepared.in_process(), prepared.stack)
    context.closing.callback(sides.let_go)
    sides.chain()
    prepared.stack.wait_until(lambda: sides.embedded() > 0, PATIENCE, "outputs are embedded")
    measured = {"with": sides.with_embeddings, "without": sides.without}
    found = interleaved(ROUNDS, measured, print_progress=print_progress, slices=SLICES)
    note = (
        f"{engine.label}; {ROUNDS * SLICES * HOPS} hops of a model that does nothing, {sum(sides.embedded_with)} "
        f"outputs embedded meanwhile, {sides.embedded()} in all; baseline: the same queue while the process that "
        "embeds is held"
    )
    return [
        judge_pairs(
            f"B1.embedding{engine.suffix}",
            ours=found["with"],
            theirs=found["without"],
            maximum=MAX_EMBEDDING,
            note=note,
        )
    ]


# A step of local models


def measure_step(context: Context, engine: Engine) -> list[Row]:
    prepared = _started(context, engine, weights=False)
    in_process = prepared.in_process()
    measured: dict[str, Callable[[], float]] = {
        "ours": partial(_through_the_queue, in_process, STEPS),
        "directly": partial(_directly, in_process, STEPS),
    }
    for side in measured.values():
        side()
    found = interleaved(ROUNDS, measured, print_progress=print_progress, slices=STEP_SLICES)
    note = (
        f"{engine.label}; {ROUNDS * STEP_SLICES * STEPS} steps at pacing 0 through the model host, from the start of the first to the "
        "end of the last, sounds stored; the models are the word synthesizer and the listener; baseline: the same "
        "functions called in one process, nothing stored"
    )
    return [
        judge_multiple(
            f"B14.step{engine.suffix}",
            ours=found["ours"],
            theirs=found["directly"],
            maximum=MAX_STEP,
            added=ADDED_MS,
            note=note,
        )
    ]


def _through_the_queue(in_process: InProcessClient, steps: int) -> float:
    run = in_process.call("farm.start_chain", models=list(MODELS), hops=steps)
    return float(in_process.call("chains.wait_for_chain", run=run, hops=steps))


def _directly(in_process: InProcessClient, steps: int) -> float:
    return float(in_process.call("farm.call_models", models=list(MODELS), times=steps))


# Search by meaning


def measure_search(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    _link_weights(prepared)
    prepared.start(MANAGE, "modelhost")  # alone: a million rows are written at once
    in_process = prepared.in_process()
    print_progress(f"{OUTPUTS:,} outputs with embeddings are written")
    indexed = in_process.call("embedded.fill_with_embeddings", count=OUTPUTS)
    before = in_process.call("embedded.memory")["process"]
    in_process.call("embedded.time_searches", count=SEARCHES, seed=100)
    rounds = [
        list(in_process.call("embedded.time_searches", count=SEARCHES, seed=101 + number))
        for number in range(ROUNDS)
    ]
    memory = in_process.call("embedded.memory")
    recall = float(in_process.call("embedded.recall", count=SEARCHES, seed=200))
    p95s = [p95(one) for one in rounds]
    note = (
        f"{engine.label}; p95 of {ROUNDS} rounds of {SEARCHES} searches by words of their own among {OUTPUTS:,} outputs, "
        f"the page in process without a server: words embedded by the model host, index, database, page; median "
        f"{median([median(one) for one in rounds]):.0f} ms; the index has {memory['file']:.0f} MB and was built in "
        f"{indexed:.0f} s; the process takes {memory['process'] - before:.0f} MB more than before it searched"
    )
    return [
        judge_maximum(
            f"B14.search{engine.suffix}",
            ours=p95s,
            value=median(p95s),
            maximum=MAX_SEARCH_MS,
            unit="ms",
            note=note,
        ),
        judge_maximum(
            f"B14.missed{engine.suffix}",
            ours=[100 * (1 - recall)],
            value=100 * (1 - recall),
            maximum=MAX_MISSED,
            unit="%",
            note=f"{engine.label}; of the nearest 20 of an exact search, {SEARCHES} searches; recall {recall:.3f}",
        ),
    ]


def _started(context: Context, engine: Engine, *, weights: bool) -> PreparedStack:
    """The whole product, as only its processes among themselves stand back for each other; with the weights of this
    checkout where they are needed."""
    prepared = context.prepare_stack(engine)
    if weights:
        _link_weights(prepared)
    prepared.stack.start()
    return prepared


def _link_weights(prepared: PreparedStack) -> None:
    kept, folder = data_dir() / "weights", prepared.stack.data_dir / "weights"
    if not (kept / "minilm").exists():
        raise NotMeasured("the weights are missing: make weights")
    folder.mkdir(exist_ok=True)
    for one in kept.iterdir():
        (folder / one.name).symlink_to(one)
