"""Where runs and networks are going, as numbers."""

from __future__ import annotations

from typing import Any

from ninja import Router
from pydantic import BaseModel

from accounts.api.auth import ApiRequest
from invocations.api import runs
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from networks import access
from observatory import sentences
from observatory.numbers import Estimate, Numbers
from observatory.slots import SlotShare
from observatory.trajectories import (
    NetworkTrajectory,
    Point,
    Trajectory,
    trajectory_of_network,
    trajectory_of_run,
)

routes = Router(tags=["observatory"])


class PointOut(BaseModel):
    """A text output. `x` and `y` never change; distances are cosine distances, 0 to 2. `perturbed`: words were
    added to the run from outside between the text before and this one."""

    sequence: int
    x: float
    y: float
    from_previous: float | None
    from_prompt: float | None
    perturbed: bool

    @classmethod
    def from_points(cls, points: list[Point]) -> list[PointOut]:
        return [cls(**{name: getattr(one, name) for name in cls.model_fields}) for one in points]


class RangeOut(BaseModel):
    """The bounds of the 90 % interval, or why there is no number."""

    low: float | None
    high: float | None
    reason: str | None

    @classmethod
    def from_estimate(cls, one: Estimate) -> RangeOut:
        why = sentences.reason(one.reason) or None
        return cls(low=_rounded(one.low), high=_rounded(one.high), reason=why)


class IntervalOut(BaseModel):
    noise: RangeOut
    kept: RangeOut
    memory: RangeOut


class CycleOut(BaseModel):
    """`period` in texts, `since` the sequence number of its first step."""

    period: int
    since: int


class LostOut(BaseModel):
    """`sequence`: of the first text without the word, by `model`."""

    noun: str
    sequence: int
    model: str


class PerturbationOut(BaseModel):
    """The step took these `words` besides what the step before gave. `reason`: `frozen` or `flat`."""

    sequence: int
    reason: str
    words: str


class NumbersOut(BaseModel):
    """docs/observatory.md says how each is calculated. A number is null until there is enough to tell. Nothing
    counts that came after a run was perturbed."""

    noise: float | None
    kept: float | None
    memory: float | None
    interval: IntervalOut


class TrajectoryOut(NumbersOut):
    model_config = example(
        {
            "points": [
                {"sequence": 1, "x": 0.21, "y": -0.4, "from_previous": None, "from_prompt": 0.31}
                | {"perturbed": False}
            ],
            "noise": 0.034,
            "kept": 0.008,
            "memory": 0.35,
            "interval": {
                "noise": {"low": 0.03, "high": 0.038, "reason": None},
                "kept": {"low": 0.006, "high": 0.01, "reason": None},
                "memory": {"low": 0.2, "high": 0.5, "reason": None},
            },
            "twins": 2,
            "strangers": 14,
            "frozen_at": None,
            "flat_at": None,
            "cycle": None,
            "lost": [{"noun": "camel", "sequence": 3, "model": "local:tagger"}],
            "truncated": [],
            "perturbed": [],
            "sentence": "The words it began with still decide about 35 % of what comes.",
        }
    )

    points: list[PointOut]
    twins: int
    strangers: int
    frozen_at: int | None
    flat_at: int | None
    cycle: CycleOut | None
    lost: list[LostOut]
    truncated: list[int]
    perturbed: list[PerturbationOut]
    sentence: str

    @classmethod
    def from_trajectory(cls, found: Trajectory) -> TrajectoryOut:
        one = found.findings
        return cls(
            **_numbers(found.numbers),
            points=PointOut.from_points(found.points),
            twins=found.twins,
            strangers=found.strangers,
            frozen_at=one.frozen_at,
            flat_at=one.flat_at,
            cycle=CycleOut(period=one.cycle.period, since=one.cycle.since) if one.cycle else None,
            lost=[LostOut(noun=w.noun, sequence=w.sequence, model=w.model) for w in one.lost],
            truncated=list(one.truncated),
            perturbed=[
                PerturbationOut(sequence=p.sequence, reason=p.reason, words=p.words)
                for p in one.perturbed
            ],
            sentence=found.sentence,
        )


class SlotShareOut(BaseModel):
    """Of one slot. `noise`, `change`: its part of those of all slots, together 1; null until there is enough."""

    slot: int
    model: str
    noise: float | None
    change: float | None

    @classmethod
    def from_share(cls, one: SlotShare) -> SlotShareOut:
        return cls(
            slot=one.slot, model=one.model, noise=_rounded(one.noise), change=_rounded(one.change)
        )


class RunPointsOut(BaseModel):
    run: str
    prompt: str
    points: list[PointOut]


class NetworkTrajectoryOut(NumbersOut):
    """Of the runs on the models that the network has now; the newest are drawn."""

    runs: list[RunPointsOut]
    shares: list[SlotShareOut]
    sentence: str

    @classmethod
    def from_trajectory(cls, found: NetworkTrajectory) -> NetworkTrajectoryOut:
        return cls(
            **_numbers(found.numbers),
            runs=[
                RunPointsOut(
                    run=run.public_id, prompt=run.prompt, points=PointOut.from_points(points)
                )
                for run, points in found.runs
            ],
            shares=[SlotShareOut.from_share(one) for one in found.shares],
            sentence=found.sentence,
        )


def _numbers(numbers: Numbers) -> dict[str, Any]:
    names = ("noise", "kept", "memory")
    values = {name: _rounded(getattr(numbers, name).value) for name in names}
    ranges = {name: RangeOut.from_estimate(getattr(numbers, name)) for name in names}
    return {**values, "interval": IntervalOut(**ranges)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


@routes.get("/runs/{slug:run_id}/trajectory", response=TrajectoryOut)
@requires_scope(Scope.READ)
def get_trajectory_of_run(request: ApiRequest, run_id: str) -> TrajectoryOut:
    """Its text outputs as points, its three numbers, and what it has fallen into or lost."""
    run = runs.find(request.auth, run_id)
    return TrajectoryOut.from_trajectory(trajectory_of_run(run))


@routes.get("/networks/{slug:slug}/trajectory", response=NetworkTrajectoryOut)
@requires_scope(Scope.READ)
def get_trajectory_of_network(request: ApiRequest, slug: str) -> NetworkTrajectoryOut:
    """The same from all its runs, with what each slot has a part in."""
    network = access.visible(request.auth, slug)
    return NetworkTrajectoryOut.from_trajectory(trajectory_of_network(network))
