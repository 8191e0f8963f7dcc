"""B11.step: a step of a ring through a warm farm worker, against the same model called in process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.engines import Engine
from bench.environment import Context, PreparedStack, print_progress
from bench.in_process.client import InProcessClient
from bench.processor_time import ProcessorTime, fixed
from bench.rows import Row, judge_multiple, multiple_bar
from bench.statistics import interleaved, median
from tests.farm_machine import FarmMachine

MODELS = ("synth", "listener")  # real ones that need no weights: a text, a sound, a text
SMALL = ("oblique",)  # takes next to no time, so that what is left is the farm's own part
ROUNDS, STEPS, STEPS_WARM = 5, 40, 10
MAX_RATIO, ADDED_MS = 1.5, 15.0
PATIENCE = 60.0
BARS = {"B11.step": multiple_bar(MAX_RATIO, ADDED_MS)}
NOTE = (
    f"{ROUNDS * STEPS} steps at pacing 0 through `panic-worker` on loopback, from the start of the first to "
    "the end of the last, sounds sent, decoded and stored; the models are the word synthesizer and the "
    "listener; baseline: the same functions called in one process, nothing stored"
)


class FarmSides:
    """Rings of a worker's models, and the same models in a process. A call is milliseconds of a step."""

    def __init__(self, in_process: InProcessClient, server: ProcessorTime) -> None:
        self._in_process = in_process
        self._server = server
        self.used_by_small: list[float] = []  # milliseconds of the server's processor time

    def through_the_farm(self, models: Sequence[str] = MODELS, steps: int = STEPS) -> float:
        named = [f"farm:{one}" for one in models]
        run = self._in_process.call("farm.start_chain", models=named, hops=steps)
        return float(self._in_process.call("chains.wait_for_chain", run=run, hops=steps))

    def directly(self, calls: int = STEPS) -> float:
        named = [f"local:{one}" for one in MODELS]
        return float(self._in_process.call("farm.call_models", models=named, times=calls))

    def small(self) -> float:
        before = self._server.seconds()
        took = self.through_the_farm(SMALL)
        self.used_by_small.append((self._server.seconds() - before) * 1000 / STEPS)
        return took


def measure(context: Context, engine: Engine) -> list[Row]:
    sides = started_sides(context, context.prepare_stack(engine))
    for models in (MODELS, SMALL):
        sides.through_the_farm(models, STEPS_WARM)
    sides.directly(STEPS_WARM)
    measured: dict[str, Callable[[], float]] = {
        "ours": sides.through_the_farm,
        "directly": sides.directly,
        "small": sides.small,
    }
    found = interleaved(ROUNDS, measured, print_progress=print_progress)
    note = (
        f"{engine.label}; {NOTE}; a step of the oblique cards, which take next to no time: "
        f"{median(found['small']):.1f} ms, {median(sides.used_by_small):.1f} ms of the server's "
        "processor time"
    )
    return [
        judge_multiple(
            f"B11.step{engine.suffix}",
            ours=found["ours"],
            theirs=found["directly"],
            maximum=MAX_RATIO,
            added=ADDED_MS,
            note=note,
        )
    ]


def started_sides(context: Context, prepared: PreparedStack) -> FarmSides:
    """The installation runs, and one worker offers the models."""
    in_process = prepared.in_process()
    token = in_process.call("farm.issue_token")
    prepared.stack.start()
    _start_machine(context, prepared, token)
    wanted = [f"farm:{one}" for one in (*MODELS, *SMALL)]
    prepared.stack.wait_until(
        lambda: all(in_process.call("farm.is_offered", model=one) for one in wanted),
        PATIENCE,
        "the worker offers its models",
    )
    pids = [one.pid for one in prepared.stack.everything()]
    return FarmSides(in_process, ProcessorTime(fixed(pids)))


def _start_machine(context: Context, prepared: PreparedStack, token: str) -> None:
    machine = FarmMachine(prepared.stack.data_dir / "machine")
    context.closing.callback(machine.kill)
    machine.enrol(prepared.stack.base_url, token, "[local_models]\n")
    machine.start()
