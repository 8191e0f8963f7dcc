"""A trajectory as pages and displays show it: a picture, three numbers in words, marks, and the same as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from invocations.models import StuckReason
from lib.sentences import quote
from networks.rings import find_model
from platforms.base import Modality

from . import sentences
from .models import RunPair

if TYPE_CHECKING:
    from invocations.models import Run

    from .numbers import Estimate, Numbers
    from .trajectories import AddedWords, Findings, Point, Trajectory

DRAWN = 150  # texts in a picture, the newest
DRAWN_TOGETHER = 60  # of each run where several are in it
LISTED = 40  # in a table that is sent again with each
EDGE = 100  # the picture's view reaches from -EDGE to EDGE
MIDDLE = (-0.1, -0.1)  # where texts of loops lie mostly; around it the picture is stretched
STRETCH = 8.0
MARKED = 4  # perturbations, the newest; the API has all
FADED = 0.3  # opacity of the oldest
NOTHING = "\u2013"
LETTERS = "ABCDEF"
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "star")


@dataclass(frozen=True, slots=True)
class Dot:
    """A text. `x`, `y`, `size`, `opacity`: as SVG takes them, in no language."""

    sequence: int
    x: str
    y: str
    size: str
    opacity: str
    text: str
    perturbed: bool = False

    @property
    def number(self) -> int:
        return self.sequence + 1


@dataclass(frozen=True, slots=True)
class Way:
    """From one text to the next; `modality` of what lies between them."""

    x1: str
    y1: str
    x2: str
    y2: str
    opacity: str
    modality: str


@dataclass(frozen=True, slots=True)
class DrawnRun:
    """A run in a picture. `letter` and `shape` tell it from others there; empty where it is alone."""

    dots: Sequence[Dot]
    ways: Sequence[Way]
    start: Dot | None  # where the prompt lies
    letter: str = ""
    shape: str = "circle"

    @property
    def newest(self) -> Dot | None:
        return self.dots[-1] if self.dots else None


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One of the three numbers: its name, its value, what it reads, and how sure it is or why it is missing."""

    key: str
    name: str
    value: str
    reads: str
    certainty: str
    interval: str = ""  # the same in a few signs, for a display

    @property
    def is_known(self) -> bool:
        return self.value != NOTHING


@dataclass(frozen=True, slots=True)
class TableRow:
    """A text output with its distances, as a reader of tables gets them."""

    number: int
    model: str
    from_previous: str
    from_prompt: str
    text: str
    perturbed: bool


@dataclass(frozen=True)
class DrawnTrajectory:
    """Of one run, in the language that is active when its parts are asked for."""

    run: Run
    found: Trajectory = field(repr=False)

    @cached_property
    def sentence(self) -> str:
        return sentences.sentence(self.found.numbers, self.found.findings)

    @cached_property
    def runs(self) -> list[DrawnRun]:
        """For the picture, which shows this one alone."""
        return [draw_run(self.run, self.found.points[-DRAWN:], start=self.found.start)]

    @cached_property
    def numbers(self) -> list[NumberLine]:
        return number_lines(self.found.numbers)

    @cached_property
    def marks(self) -> list[str]:
        return marks_of(self.found.findings)

    @cached_property
    def table(self) -> list[TableRow]:
        """The newest first."""
        return [_row(point) for point in reversed(self.found.points[-LISTED:])]

    @property
    def count(self) -> int:
        return len(self.found.points)

    @cached_property
    def is_paired(self) -> bool:
        """Another run began beside it."""
        return RunPair.objects.of_run(self.run).exists()


# The picture


def place(x: float, y: float) -> tuple[float, float]:
    """Where a point of the fixed view is drawn: always the same place, whatever else is drawn."""
    return _stretched(x - MIDDLE[0]), -_stretched(y - MIDDLE[1])


def _stretched(value: float) -> float:
    return EDGE * math.asinh(STRETCH * value) / math.asinh(STRETCH * 1.1)


def draw_run(
    run: Run,
    points: Sequence[Point],
    *,
    start: tuple[float, float] | None = None,
    letter: str = "",
    shape: str = "circle",
) -> DrawnRun:
    """Older ones are smaller and fainter."""
    dots = [_dot(point, age=len(points) - 1 - at) for at, point in enumerate(points)]
    between = _Between([slot.model for slot in run.slots])
    ways = [
        Way(old.x, old.y, new.x, new.y, new.opacity, between.modality(points[at], points[at + 1]))
        for at, (old, new) in enumerate(pairwise(dots))
    ]
    return DrawnRun(dots, ways, _start(start) if start else None, letter, shape)


def _dot(point: Point, *, age: int) -> Dot:
    x, y = place(point.x, point.y)
    opacity = max(FADED, 1 - age / 30)
    return Dot(
        point.sequence,
        _plain(x),
        _plain(y),
        _plain(max(1.6, 4.5 - age / 6)),
        f"{opacity:.2f}",
        point.text,
        point.perturbed,
    )


def _start(at: tuple[float, float]) -> Dot:
    x, y = place(*at)
    return Dot(-1, _plain(x), _plain(y), "3.5", "1", "")


def _plain(value: float) -> str:
    return f"{value:.1f}"


class _Between:
    """Which modality a ring passes through between two of its slots."""

    def __init__(self, models: Sequence[str]) -> None:
        self._outputs = [model.output if (model := find_model(name)) else None for name in models]

    def modality(self, first: Point, second: Point) -> str:
        """The first that is no text; text where there is none."""
        steps = range(first.slot + 1, first.slot + second.sequence - first.sequence)
        passed = (self._outputs[slot % len(self._outputs)] for slot in steps)
        return str(next((one for one in passed if one and one != Modality.TEXT), Modality.TEXT))


# The words


def number_lines(numbers: Numbers) -> list[NumberLine]:
    return [
        _line("noise", _("Noise"), _("what a step adds by chance"), numbers.noise),
        _line("kept", _("Kept per step"), _("what a step changes for good"), numbers.kept),
        _line("memory", _("Memory"), _("how much the words it began with decide"), numbers.memory),
    ]


def _line(key: str, name: str, reads: str, estimate: Estimate) -> NumberLine:
    if estimate.value is None:
        return NumberLine(key, name, NOTHING, reads, sentences.reason(estimate.reason))
    said = _possible(key, estimate.value)
    certainty = [_certainty(key, estimate)]
    if said != _shown(key, estimate.value):
        words = _(
            "Measured as %(value)s, which there cannot be: chance makes it of next to nothing."
        )
        if estimate.value > 1:
            words = _(
                "Measured as %(value)s, which there cannot be: chance makes it of nearly all."
            )
        certainty.insert(0, words % {"value": _shown(key, estimate.value)})
    interval = _interval(key, estimate, _("9 in 10: %(low)s to %(high)s"))
    return NumberLine(key, name, said, reads, " ".join(filter(None, certainty)), interval)


def _certainty(key: str, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return _("How sure is not known yet.")
    return _interval(key, estimate, _("Nine times in ten between %(low)s and %(high)s."))


def _interval(key: str, estimate: Estimate, words: str) -> str:
    """Empty where there is none, or it is as narrow as what is shown."""
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = _possible(key, estimate.low), _possible(key, estimate.high)
    return words % {"low": low, "high": high} if low != high else ""


def _possible(key: str, value: float) -> str:
    """None of the three can be below nothing, and memory not above all: what was measured may be."""
    most = 1.0 if key == "memory" else 2.0
    return _shown(key, min(most, max(0.0, value)))


def _shown(key: str, value: float) -> str:
    return percent(value) if key == "memory" else distance(value)


def percent(value: float) -> str:
    return f"{_rounded(100 * value, 0)}\u00a0%"


def distance(value: float | None) -> str:
    return NOTHING if value is None else _rounded(value, 3)


def _rounded(value: float, digits: int) -> str:
    """As the files and the API have it; Django's own would cut the number off."""
    rounded = round(value, digits) + 0.0  # no zero with a minus sign
    return number_format(rounded, digits).replace("-", "\N{MINUS SIGN}")


def marks_of(found: Findings) -> list[str]:
    """What a run has fallen into or lost, each in a sentence."""
    said = [sentences.pattern(found)] if sentences.pattern(found) else []
    said += _losses(found)
    if found.truncated:
        said.append(
            _("Cut off at the limit of their length: the texts of the steps %(steps)s.")
            % {"steps": ", ".join(str(sequence + 1) for sequence in found.truncated[-12:])}
        )
    return said + [_perturbation(one) for one in found.perturbed[-MARKED:]]


def _perturbation(one: AddedWords) -> str:
    words = _("It said the same again and again: step %(step)d was given “%(words)s” besides.")
    if one.reason == StuckReason.FLAT:
        words = _("Its pictures went flat: step %(step)d was given “%(words)s” besides.")
    return words % {"step": one.sequence + 1, "words": one.words}


def _losses(found: Findings) -> list[str]:
    """What went with the same step, together."""
    together: dict[tuple[int, str], list[str]] = {}
    for one in found.lost:
        together.setdefault((one.sequence, one.model), []).append(quote(one.noun))
    words = _("Lost in step %(step)d, by %(model)s: %(nouns)s.")
    return [
        words % {"step": step + 1, "model": model_name(model), "nouns": ", ".join(nouns)}
        for (step, model), nouns in together.items()
    ]


def model_name(model_id: str) -> str:
    model = find_model(model_id)
    return model.name if model else model_id


def _row(point: Point) -> TableRow:
    return TableRow(
        point.sequence + 1,
        model_name(point.model),
        distance(point.from_previous),
        distance(point.from_prompt),
        point.text,
        point.perturbed,
    )
