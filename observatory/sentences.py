"""The plain sentence about a run, and why a number is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from .numbers import Numbers
    from .patterns import Cycle
    from .trajectories import Findings


def reason(key: str) -> str:
    return {
        "": "",
        "few_texts": _("There are too few texts to tell: it takes twelve laps."),
        "no_twin": _("No other run began with the same words."),
        "few_strangers": _("Too few runs began with other words: it takes three."),
        "too_alike": _("What different prompts lead to here is too alike to tell."),
    }[key]


def sentence(numbers: Numbers, found: Findings) -> str:
    """What can be said, the most striking first; never empty."""
    return (
        pattern(found) or _numbers(numbers) or _("It is too early to tell where this run is going.")
    )


def network_sentence(numbers: Numbers) -> str:
    """The same about the runs of a network together; never empty."""
    return _numbers(numbers) or _("It is too early to tell what this network does with words.")


def _numbers(numbers: Numbers) -> str:
    return " ".join(filter(None, (_memory(numbers), _chance(numbers))))


def pattern(found: Findings) -> str:
    """What it has fallen into; empty where it wanders."""
    if found.frozen_at is not None:
        return _("This run is frozen: since step %(step)d it says the same again and again.") % {
            "step": found.frozen_at + 1
        }
    if found.flat_at is not None:
        return _(
            "This run has gone flat: since step %(step)d its pictures hold hardly anything."
        ) % {"step": found.flat_at + 1}
    return _cycle(found.cycle) if found.cycle else ""


def _cycle(cycle: Cycle) -> str:
    words = ngettext(
        "This run goes round in a circle of %(count)d text.",
        "This run goes round in a circle of %(count)d texts.",
        cycle.period,
    )
    return words % {"count": cycle.period}


def _memory(numbers: Numbers) -> str:
    if numbers.memory.value is None:
        return ""
    percent, low, most = (
        None if one is None else round(100 * min(1.0, max(0.0, one)))
        for one in (numbers.memory.value, numbers.memory.low, numbers.memory.high)
    )
    if low == 0 and most is not None and most >= 95:
        return _("How much the words it began with still decide cannot be told yet.")
    if low == 0 and most is not None and most >= 5:
        return _(
            "The words it began with decide at most about %(percent)d %% of what comes, perhaps nothing."
        ) % {"percent": most}
    if percent is not None and percent < 5:
        return _("Nothing of the words it began with decides any more what comes.")
    return _("The words it began with still decide about %(percent)d %% of what comes.") % {
        "percent": percent
    }


def _chance(numbers: Numbers) -> str:
    noise, kept = numbers.noise.value, numbers.kept.value
    if noise is None or kept is None or noise + kept <= 0:
        return ""
    percent = round(100 * min(1.0, max(0.0, noise / (noise + kept))))
    return _("About %(percent)d %% of each step is chance, which the next one forgets.") % {
        "percent": percent
    }
