"""The report card: what was done, by promise, and whether the promise held."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from . import invariants
from .history import History

PROMISES = {
    1: "Every accepted prompt becomes exactly one visible run.",
    2: "Each step is charged at most once, unless a provider hides its outcome; then it says so.",
    3: "Every display eventually shows every committed event, in order, or says “resynced”.",
    4: "Stop means: no new call begins after it commits, and running ones are cancelled.",
    5: "What is killed loses nothing; a run goes on within 20 s.",
    6: "Nobody spends beyond the limits, or does what is not theirs.",
}
MARKS = {True: "ok  ", False: "FAIL", None: "--  "}
UNSTEADY = "not judged: its clock was made to jump"
IN_HISTORY = "In the history, "
SHOWN = 5  # violations of one invariant; the file has them all


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an act or a check went; `passed` None: it could not be played here."""

    name: str
    title: str
    promises: tuple[int, ...]
    passed: bool | None
    sentence: str
    seconds: float
    details: list[str] = field(default_factory=list)

    @classmethod
    def of_stage(cls, bill: str, sentence: str) -> Self:
        return cls(bill, f"The installation for {bill}", (5,), False, sentence, 0.0)


class Card:
    """Filled by several lanes at once."""

    def __init__(self, surroundings: dict[str, Any], tell: Callable[[str], None]) -> None:
        self.surroundings = surroundings
        self.verdicts: list[Verdict] = []
        self._tell = tell
        self._guard = threading.Lock()

    def add(self, verdict: Verdict) -> None:
        with self._guard:
            self.verdicts.append(verdict)
            if verdict.passed is False or not verdict.title.startswith(IN_HISTORY):
                self._tell(_line(verdict))

    def check(self, bill: str, history: History, rules: Sequence[invariants.Invariant]) -> None:
        """Hold a history against the invariants: a verdict for each."""
        found = list(invariants.check(history, rules))
        for rule in rules:
            broken = [violation.sentence for violation in found if violation.invariant is rule]
            judged = history.steady_clock or not rule.needs_steady_clock
            said = "; ".join(broken[:SHOWN]) or (size_of(history) if judged else UNSTEADY)
            passed = not broken if judged else None
            title = f"{IN_HISTORY}{rule.name}"
            self.add(Verdict(bill, title, (rule.promise,), passed, said, 0.0, broken))
        self._tell(f"{MARKS[not found]}         The history of {bill}: {size_of(history)}")

    @property
    def passed(self) -> bool:
        """Something was played, and all of it held."""
        played = [verdict for verdict in self.verdicts if verdict.passed is not None]
        return bool(played) and all(verdict.passed for verdict in played)

    def as_text(self) -> str:
        lines: list[str] = []
        for number, promise in PROMISES.items():
            lines += self._about(number, promise)
        failures = sum(verdict.passed is False for verdict in self.verdicts)
        verdict = "ALL GREEN" if self.passed else f"{failures} FAILED"
        about = ", ".join(f"{name} {value}" for name, value in self.surroundings.items())
        return "\n".join([*lines, "", f"{verdict} ({about})"])

    def _about(self, number: int, promise: str) -> list[str]:
        """The promise, what was done to it, and what every history says about it.

        What went well is told in full under the first promise it attacks, and named under others.
        """
        mine = [verdict for verdict in self.verdicts if number in verdict.promises]
        failed = any(verdict.passed is False for verdict in mine)
        state = "BROKEN" if failed else ("kept" if mine else "not attacked")
        histories = [verdict for verdict in mine if verdict.title.startswith(IN_HISTORY)]
        acts = [verdict for verdict in mine if verdict not in histories]
        told = [v for v in acts if v.promises[0] == number or v.passed is False]
        named = ", ".join(verdict.name for verdict in acts if verdict not in told)
        lines = ["", f"{number}. {promise}  [{state}]", *(f"   {_line(v)}" for v in told)]
        if named:
            lines.append(f"   ok           Also: {named}")
        return lines + [f"   {line}" for line in _in_every_history(histories)]

    def keep(self, folder: Path) -> None:
        content = {
            "passed": self.passed,
            "surroundings": self.surroundings,
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        for place in (folder / "card", folder.parent / "latest"):
            place.with_suffix(".json").write_text(text)
            place.with_suffix(".txt").write_text(self.as_text() + "\n")


def _line(verdict: Verdict) -> str:
    seconds = f"{verdict.seconds:4.0f} s" if verdict.seconds else "      "
    return f"{MARKS[verdict.passed]} {seconds}  {verdict.title}: {verdict.sentence}"


def _in_every_history(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for title in dict.fromkeys(verdict.title for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.title == title]
        held = ", ".join(verdict.name for verdict in mine if verdict.passed)
        if held:
            yield f"{MARKS[True]}         {title}: {held}"
        for verdict in mine:
            if verdict.passed is False:
                yield f"{MARKS[False]}         {title}: {verdict.name}: {verdict.sentence}"


def size_of(history: History) -> str:
    return (
        f"{len(history.runs)} runs, {len(history.steps)} steps, {len(history.attempts)} attempts, "
        f"{len(history.charges)} charges, {len(history.events)} events; "
        f"the machine's longest hiccup {history.hiccup:.2f} s"
    )
