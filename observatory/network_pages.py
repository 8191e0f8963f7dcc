"""What the page of a network's observatory shows."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.models import Run
from networks.models import Network, Person

from . import outputs
from .drawings import DRAWN_TOGETHER, LETTERS, SHAPES, draw_run, model_name, number_lines, percent
from .slots import SlotShare
from .trajectories import trajectory_of_network

RUNS_LISTED = 24  # to choose from


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run to choose. `letter`: in the picture; empty where it is not drawn."""

    run: Run
    letter: str
    same_models: bool  # as the network has now


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A slot's part of all the noise and of all the change, in words; a dash where it has none."""

    number: int
    model: str
    noise: str
    change: str

    @classmethod
    def from_share(cls, one: SlotShare) -> ShareLine:
        noise, change = (
            "" if share is None else percent(share) for share in (one.noise, one.change)
        )
        return cls(one.slot + 1, model_name(one.model), noise, change)


def network_context(network: Network, person: Person) -> dict[str, object]:
    found = trajectory_of_network(network, drawn=2 * len(SHAPES))
    drawn = [(run, points) for run, points in found.runs if points][: len(SHAPES)]
    letters = {run.pk: letter for (run, _), letter in zip(drawn, LETTERS, strict=False)}
    models = tuple(slot.model for slot in network.ring)
    seen = network.runs.unless_withdrawn_from(person).newest_first()[:RUNS_LISTED]
    return {
        "network": network,
        "sentence": found.sentence,
        "numbers": number_lines(found.numbers),
        "pictures": [
            draw_run(run, points[-DRAWN_TOGETHER:], letter=letters[run.pk], shape=shape)
            for (run, points), shape in zip(drawn, SHAPES, strict=False)
        ],
        "shares": [ShareLine.from_share(one) for one in found.shares],
        "listed": [
            ListedRun(run, letters.get(run.pk, ""), outputs.ring_models(run) == models)
            for run in seen
        ],
    }
