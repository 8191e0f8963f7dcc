"""B12.beside: a hop of a live ring while a film of a run of sixty steps is made, against the same ring alone."""

from __future__ import annotations

import time
from typing import Any

import httpx

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.in_process.client import InProcessClient
from bench.rows import Row, judge_ratio, ratio_bar
from bench.statistics import interleaved
from tests.stack import Stack

MODELS = ("dummy:text-to-image", "dummy:image-to-text")
FILMED_STEPS, STEPS, ROUNDS = 60, 100, 5
MAX_RATIO = 1.2
PATIENCE = 300.0
BARS = {"B12.beside": ratio_bar(MAX_RATIO, "ms")}
NOTE = (
    f"{ROUNDS} rounds of {STEPS} steps of pretend models at pacing 0, pictures made and stored; beside it a film in 1080p of "
    f"{FILMED_STEPS} steps, of which a task is under way from the first step to the last; baseline: the film is paused, "
    "and none of its tasks is under way"
)


class RingSides:
    """The same ring with and without a film beside it; milliseconds a hop."""

    def __init__(self, stack: Stack, client: httpx.Client, in_process: InProcessClient) -> None:
        self._stack, self._client, self._in_process = stack, client, in_process
        self._run = self._in_process.call(
            "chains.public_id_of_run", run=self._ring(FILMED_STEPS)[0]
        )
        self._film = ""

    def alone(self) -> float:
        if self._film and self._state() in ("queued", "running"):
            self._client.post(f"/api/v1/films/{self._film}/pause").raise_for_status()
        self._stack.wait_until(lambda: not self._tasks_under_way(), PATIENCE, "the film rests")
        return self._ring(STEPS)[1]

    def beside(self) -> float:
        """Measured again where the film was done before the ring was."""
        while True:
            self._go_on()
            self._stack.wait_until(self._tasks_under_way, PATIENCE, "the film is made")
            took = self._ring(STEPS)[1]
            if self._state() == "running":
                return took
            print_progress("the film was done: once more")

    def _ring(self, steps: int) -> tuple[int, float]:
        run = int(self._in_process.call("farm.start_chain", models=list(MODELS), hops=steps))
        return run, float(self._in_process.call("chains.wait_for_chain", run=run, hops=steps))

    def _go_on(self) -> None:
        if self._film and self._state() == "paused":
            self._client.post(f"/api/v1/films/{self._film}/resume").raise_for_status()
        elif not self._film or self._state() not in ("queued", "running"):
            order = {"recipe": "film-of-run", "run": self._run}
            made = self._client.post("/api/v1/films", json=order).raise_for_status().json()
            self._film = str(made["id"])

    def _now(self) -> dict[str, Any]:
        answer = self._client.get(f"/api/v1/films/{self._film}").raise_for_status()
        found: dict[str, Any] = answer.json()
        assert found["state"] != "failed", found["error"]
        return found

    def _state(self) -> str:
        return str(self._now()["state"])

    def _tasks_under_way(self) -> bool:
        if not self._film:
            return False
        return any(task["state"] == "running" for task in self._now()["tasks"])


def measure(context: Context, engine: Engine) -> list[Row]:
    prepared = context.prepare_stack(engine)
    stack = prepared.stack
    token = stack.token(admin=True)
    stack.start()
    client = context.closing.enter_context(stack.client(token))
    sides = RingSides(stack, client, prepared.in_process())
    sides.alone()  # whatever is loaded once
    began = time.monotonic()
    found = interleaved(
        ROUNDS, {"alone": sides.alone, "beside": sides.beside}, print_progress=print_progress
    )
    print_progress(f"{time.monotonic() - began:.0f} s")
    return [
        judge_ratio(
            "B12.beside",
            ours=found["beside"],
            theirs=found["alone"],
            maximum=MAX_RATIO,
            note=f"{engine.label}; {NOTE}",
        )
    ]
