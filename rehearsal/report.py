"""The report: what was attacked, by promise, and whether the promise was kept."""

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
NOT_CHECKED = "not checked: the clock of this stack was changed"
IN_HISTORY = "In the history, "
MAX_SHOWN = 5  # violations of one invariant; the JSON file has all


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a scenario or a check; `passed` None: it could not be run here."""

    name: str
    title: str
    promises: tuple[int, ...]
    passed: bool | None
    sentence: str
    seconds: float
    details: list[str] = field(default_factory=list)

    @classmethod
    def of_stack(cls, plan: str, sentence: str) -> Self:
        return cls(plan, f"The stack of {plan}", (5,), False, sentence, 0.0)


class Report:
    """Collects verdicts; several threads may add to it."""

    def __init__(self, machine: dict[str, Any], print_line: Callable[[str], None]) -> None:
        self.machine = machine
        self.verdicts: list[Verdict] = []
        self._print_line = print_line
        self._guard = threading.Lock()

    def add(self, verdict: Verdict) -> None:
        with self._guard:
            self.verdicts.append(verdict)
            if verdict.passed is False or not verdict.title.startswith(IN_HISTORY):
                self._print_line(_line(verdict))

    def check(self, plan: str, history: History, rules: Sequence[invariants.Invariant]) -> None:
        """Check a history against the invariants and add a verdict for each."""
        found = list(invariants.check(history, rules))
        for rule in rules:
            broken = [violation.sentence for violation in found if violation.invariant is rule]
            checked = history.steady_clock or not rule.needs_steady_clock
            sentence = "; ".join(broken[:MAX_SHOWN]) or (
                describe_size(history) if checked else NOT_CHECKED
            )
            passed = not broken if checked else None
            title = f"{IN_HISTORY}{rule.name}"
            self.add(Verdict(plan, title, (rule.promise,), passed, sentence, 0.0, broken))
        self._print_line(
            f"{MARKS[not found]}         The history of {plan}: {describe_size(history)}"
        )

    @property
    def passed(self) -> bool:
        """Whether anything was run and nothing failed."""
        finished = [verdict for verdict in self.verdicts if verdict.passed is not None]
        return bool(finished) and all(verdict.passed for verdict in finished)

    def as_text(self) -> str:
        lines: list[str] = []
        for number, promise in PROMISES.items():
            lines += self._about(number, promise)
        failures = sum(verdict.passed is False for verdict in self.verdicts)
        verdict = "ALL GREEN" if self.passed else f"{failures} FAILED"
        about = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        return "\n".join([*lines, "", f"{verdict} ({about})"])

    def _about(self, number: int, promise: str) -> list[str]:
        """The promise, the scenarios that attacked it, and the checks of every history.

        A scenario that passed has a line under the first promise it attacks only.
        """
        own = [verdict for verdict in self.verdicts if number in verdict.promises]
        failed = any(verdict.passed is False for verdict in own)
        state = "BROKEN" if failed else ("kept" if own else "not attacked")
        histories = [verdict for verdict in own if verdict.title.startswith(IN_HISTORY)]
        scenarios = [verdict for verdict in own if verdict not in histories]
        in_full = [v for v in scenarios if v.promises[0] == number or v.passed is False]
        names = ", ".join(verdict.name for verdict in scenarios if verdict not in in_full)
        lines = ["", f"{number}. {promise}  [{state}]", *(f"   {_line(v)}" for v in in_full)]
        if names:
            lines.append(f"   ok           Also: {names}")
        return lines + [f"   {line}" for line in _history_lines(histories)]

    def write(self, folder: Path) -> None:
        content = {
            "passed": self.passed,
            "machine": self.machine,
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        for path in (folder / "report", folder.parent / "latest"):
            path.with_suffix(".json").write_text(text)
            path.with_suffix(".txt").write_text(self.as_text() + "\n")


def _line(verdict: Verdict) -> str:
    seconds = f"{verdict.seconds:4.0f} s" if verdict.seconds else "      "
    return f"{MARKS[verdict.passed]} {seconds}  {verdict.title}: {verdict.sentence}"


def _history_lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for title in dict.fromkeys(verdict.title for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.title == title]
        held = ", ".join(verdict.name for verdict in own if verdict.passed)
        if held:
            yield f"{MARKS[True]}         {title}: {held}"
        for verdict in own:
            if verdict.passed is False:
                yield f"{MARKS[False]}         {title}: {verdict.name}: {verdict.sentence}"


def describe_size(history: History) -> str:
    return (
        f"{len(history.runs)} runs, {len(history.steps)} steps, {len(history.attempts)} attempts, "
        f"{len(history.charges)} charges, {len(history.events)} events; "
        f"the machine's longest stall {history.longest_stall:.2f} s"
    )
