"""Two runs that began together, side by side: what each put out last, and how far apart they have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.models import Invocation, Run
from invocations.states import InvocationState

from . import outputs
from .drawings import distance
from .models import RunPair
from .outputs import TextOutput
from .vectors import cosine_distance

LISTED = 40  # in a table that is sent again with each
WIDTH, HEIGHT = 200, 50  # of the line's view; a distance of 1 is as high
SAME_STEP = 3  # laps that are looked back for a step which both have completed


@dataclass(frozen=True, slots=True)
class PromptWord:
    """`changed`: the other prompt has none such here."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class ComparedTexts:
    """What both said in the same step, and the cosine distance of the two."""

    sequence: int
    first: str
    second: str
    apart: float

    @property
    def number(self) -> int:
        return self.sequence + 1

    @property
    def shown(self) -> str:
        return distance(self.apart)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `steps`: the newest that the other has completed too, of each modality; the last is a text."""

    run: Run
    prompt: Sequence[PromptWord]
    steps: Sequence[Invocation]


@dataclass(frozen=True, slots=True)
class Parting:
    """In the language that is active when its parts are asked for."""

    sides: tuple[Side, Side]
    texts: Sequence[ComparedTexts]  # the oldest first

    @property
    def is_twin(self) -> bool:
        return not any(word.changed for side in self.sides for word in side.prompt)

    @property
    def beginning(self) -> str:
        if self.is_twin:
            return _("The same words, by other chance.")
        changed = max(sum(word.changed for word in side.prompt) for side in self.sides)
        words = ngettext(
            "%(count)d word is another.", "%(count)d words are others.", max(1, changed)
        )
        return words % {"count": max(1, changed)}

    @property
    def apart(self) -> str:
        """How far now; a dash where nothing has been compared."""
        return distance(self.texts[-1].apart if self.texts else None)

    @property
    def sentence(self) -> str:
        if not self.texts:
            return _("Nothing of the two has been compared yet.")
        words = ngettext(
            "After %(count)d text they are %(far)s apart.",
            "After %(count)d texts they are %(far)s apart.",
            len(self.texts),
        )
        return words % {"count": len(self.texts), "far": self.apart}

    @property
    def scale(self) -> str:
        return _("0 is the same, 1 has nothing in common.")

    @property
    def line(self) -> str:
        """The distances as points of an SVG polyline, which begins where the two began: together."""
        heights = [0.0, *(min(1.0, max(0.0, one.apart)) for one in self.texts)]
        wide = WIDTH / max(1, len(self.texts))
        return " ".join(
            f"{at * wide:.1f},{HEIGHT * (1 - high):.1f}" for at, high in enumerate(heights)
        )

    @property
    def listed(self) -> list[ComparedTexts]:
        """The newest first."""
        return list(reversed(self.texts[-LISTED:]))


def pair_of_run(run: Run) -> RunPair | None:
    """In which it is, as either; None too where one of them was withdrawn."""
    found = RunPair.objects.of_run(run).select_related("run__network", "companion__network")
    return found.filter(run__withdrawn_at=None, companion__withdrawn_at=None).first()


def parting_of(pair: RunPair) -> Parting:
    """Five queries."""
    runs = (pair.run, pair.companion)
    steps = _newest_steps(runs)
    prompts = _marked(pair.run.prompt, pair.companion.prompt)
    one, other = (
        Side(run, prompt, steps[run.pk]) for run, prompt in zip(runs, prompts, strict=True)
    )
    return Parting((one, other), _compared(runs))


def _compared(runs: tuple[Run, Run]) -> list[ComparedTexts]:
    texts = outputs.text_outputs(runs)
    others = {text.sequence: text for text in texts[runs[1].pk]}
    pairs = [(one, others.get(one.sequence)) for one in texts[runs[0].pk]]
    return [found for one, other in pairs if other and (found := _apart(one, other))]


def _apart(one: TextOutput, other: TextOutput) -> ComparedTexts | None:
    first, second = one.vector, other.vector
    if first is None or second is None:
        return None
    return ComparedTexts(one.sequence, one.text, other.text, cosine_distance(first, second))


def _newest_steps(runs: tuple[Run, Run]) -> dict[int, list[Invocation]]:
    """By run: of each modality the newest step that both have completed."""
    done = Invocation.objects.filter(run__in=runs, state=InvocationState.COMPLETED)
    last = dict(
        done.values("run").order_by().annotate(last=Max("sequence")).values_list("run", "last")
    )
    since = min(last.get(run.pk, 0) for run in runs) - SAME_STEP * max(1, len(runs[0].ring))
    rows = done.filter(sequence__gt=since).select_related("output_asset").order_by("sequence")
    by_run: dict[int, dict[int, Invocation]] = {run.pk: {} for run in runs}
    for step in rows:
        by_run[step.run_id][step.sequence] = step
    one, other = (by_run[run.pk] for run in runs)
    newest = {_modality(one[at]): at for at in one if at in other}
    order = sorted(newest.values(), key=lambda at: (_modality(one[at]) == "text", at))
    return {run.pk: [by_run[run.pk][at] for at in order] for run in runs}


def _modality(step: Invocation) -> str:
    return step.output_asset.kind if step.output_asset else "text"


def _marked(one: str, other: str) -> tuple[list[PromptWord], list[PromptWord]]:
    first, second = one.split(), other.split()
    matcher = SequenceMatcher(
        None, [word.casefold() for word in first], [word.casefold() for word in second], False
    )
    kept = matcher.get_matching_blocks()
    same_first = {at for block in kept for at in range(block.a, block.a + block.size)}
    same_second = {at for block in kept for at in range(block.b, block.b + block.size)}
    return (
        [PromptWord(word, at not in same_first) for at, word in enumerate(first)],
        [PromptWord(word, at not in same_second) for at, word in enumerate(second)],
    )
