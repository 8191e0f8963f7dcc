"""A row of the table: a value, its baseline, its bar and whether it passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .statistics import median, spread

Raw = Mapping[str, Sequence[float]]
MAX_SPREAD = 2.0  # a baseline that varies more between rounds does not pass


class NotMeasured(Exception):
    """Why a measure was not possible, as a sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measure against one baseline. `raw` keeps every round of every side."""

    id: str
    bar: str
    unit: str = "ms"
    value: float | None = None
    baseline: float | None = None
    passed: bool = False
    note: str = ""
    raw: Raw = field(default_factory=dict)
    ratio_of_pairs: float | None = None

    @property
    def ratio(self) -> float | None:
        if self.ratio_of_pairs is not None:
            return self.ratio_of_pairs
        if self.value is None or not self.baseline:
            return None
        return self.value / self.baseline

    def as_json(self) -> dict[str, Any]:
        """As in latest.json."""
        return {
            "id": self.id,
            "value": _rounded(self.value),
            "baseline": _rounded(self.baseline),
            "ratio": _rounded(self.ratio),
            "unit": self.unit,
            "bar": self.bar,
            "pass": self.passed,
            "note": self.note,
            "raw": {side: [_rounded(one) for one in rounds] for side, rounds in self.raw.items()},
        }


def not_measured(row_id: str, bar: str, unit: str, why: str) -> Row:
    return Row(row_id, bar, unit, note=f"not measured: {why}")


def judge_ratio(
    row_id: str,
    *,
    ours: Sequence[float],
    theirs: Sequence[float],
    maximum: float,
    unit: str = "ms",
    floor: float | None = None,
    note: str = "",
) -> Row:
    """Judges the median round of ours against the median round of theirs.

    With a `floor` it is enough to stay below that; the baseline then does not matter.
    """
    value, baseline = median(ours), median(theirs)
    bar = ratio_bar(maximum, unit, floor)
    within = floor is not None and value <= floor
    passed = within or value <= maximum * baseline
    if (varied := spread(theirs)) > MAX_SPREAD:
        note = _joined(f"the baseline varied {varied:.1f}x between rounds", note)
        passed = within
    raw = {"ours": ours, "baseline": theirs}
    return Row(row_id, bar, unit, value, baseline, passed, note, raw)


def judge_pairs(
    row_id: str, *, ours: Sequence[float], theirs: Sequence[float], maximum: float, note: str = ""
) -> Row:
    """Judges the median of the ratios of rounds that were measured one after the other, so that what
    changes from pair to pair is the same for both."""
    ratio = median([mine / other for mine, other in zip(ours, theirs, strict=True)])
    passed = ratio <= maximum
    if (varied := spread(theirs)) > MAX_SPREAD:
        note = _joined(f"the baseline varied {varied:.1f}x between rounds", note)
        passed = False
    raw = {"ours": ours, "baseline": theirs}
    bar = ratio_bar(maximum, "ms")
    return Row(row_id, bar, "ms", median(ours), median(theirs), passed, note, raw, ratio)


def judge_difference(
    row_id: str, *, ours: Sequence[float], theirs: Sequence[float], added: float, note: str = ""
) -> Row:
    """Judges how many milliseconds the median round of ours takes more than that of theirs."""
    value, baseline = median(ours), median(theirs)
    passed = value <= baseline + added
    if (varied := spread(theirs)) > MAX_SPREAD:
        note = _joined(f"the baseline varied {varied:.1f}x between rounds", note)
        passed = False
    raw = {"ours": ours, "baseline": theirs}
    return Row(row_id, added_bar(added), "ms", value, baseline, passed, note, raw)


def judge_multiple(
    row_id: str,
    *,
    ours: Sequence[float],
    theirs: Sequence[float],
    maximum: float,
    added: float,
    note: str = "",
) -> Row:
    """Judges the median round of ours against `maximum` times the median round of theirs and `added`
    milliseconds. Below `added` alone the baseline does not matter."""
    value, baseline = median(ours), median(theirs)
    passed = value <= maximum * baseline + added
    if (varied := spread(theirs)) > MAX_SPREAD:
        note = _joined(f"the baseline varied {varied:.1f}x between rounds", note)
        passed = value <= added
    raw = {"ours": ours, "baseline": theirs}
    return Row(row_id, multiple_bar(maximum, added), "ms", value, baseline, passed, note, raw)


def judge_maximum(
    row_id: str, *, ours: Sequence[float], value: float, maximum: float, unit: str, note: str = ""
) -> Row:
    """Judges `value`, computed from the rounds `ours`, against a fixed number."""
    bar = plain_bar(maximum, unit)
    return Row(row_id, bar, unit, value, None, value <= maximum, note, {"ours": ours})


def ratio_bar(maximum: float, unit: str, floor: float | None = None) -> str:
    ratio = f"≤ {maximum:.3g}x"
    return ratio if floor is None else f"≤ max({floor:g} {unit}, {maximum:g}x)"


def added_bar(added: float) -> str:
    return f"≤ baseline + {added:g} ms"


def multiple_bar(maximum: float, added: float) -> str:
    return f"≤ {maximum:g}x + {added:g} ms"


def plain_bar(maximum: float, unit: str) -> str:
    return f"≤ {maximum:g} {unit}"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
