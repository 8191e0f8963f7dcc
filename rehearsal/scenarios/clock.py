"""The clock jumps by an hour, forwards and back, while runs go on and calls are under way."""

from __future__ import annotations

from rehearsal.patches.shifted_clock import FILE
from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario

HOUR = 3600  # seconds
PACING_SECONDS = 4.0  # a paced run spends most of its time between two steps
LOCKOUT_SECONDS = 15
SETTLED_SECONDS = 20.0


def jump_clock(stack: RehearsalStack, seconds: int) -> str:
    """Jump while there are: a run without pacing, one that waits for its next step, one whose call is
    under way, and a network that is locked out."""
    name = "forwards" if seconds > 0 else "back"
    quick = stack.start_run(stack.create_network(f"Without pacing, {name}", TEXT))
    pacing = [{"until_seconds": None, "delay_seconds": PACING_SECONDS}]
    paced = stack.start_run(stack.create_network(f"Paced, {name}", TEXT, pacing=pacing))
    stack.provider.script(f"slow-{name}", {"seconds": 6})
    slow = stack.start_run(stack.create_network(f"Under way, {name}", TEXT), f"a moth #slow-{name}")
    locked_out = stack.create_network(f"Locked out, {name}", TEXT, lockout_seconds=LOCKOUT_SECONDS)
    stack.await_condition(lambda: stack.records.provider_reference(slow), 20, "a call is under way")
    stack.await_progress(paced)
    stack.await_condition(
        lambda: not stack.records.workers_of_runs(paced), 5, "the next step waits"
    )
    stack.start_run(locked_out)

    for file in [folder / FILE for folder in stack.data_dirs]:
        before = float(file.read_text()) if file.exists() else 0.0
        file.write_text(str(before + seconds))

    took = stack.await_progress(quick, slow, paced, seconds=SETTLED_SECONDS)
    _judge(stack, slow, locked_out)
    for run in (quick, slow, paced):
        stack.stop_run(run)
    return f"every run went on within {took:.1f} s, the call under way was paid once"


def _judge(stack: RehearsalStack, slow: str, locked_out: str) -> None:
    keys = [key for key, _ in stack.records.keys_and_errors(slow, 0)]
    charges = sum(entry.key in keys for entry in stack.provider.journal.entries("charge"))
    if charges != 1:
        raise Broken(f"the call that was under way was charged {charges} times")

    def is_free() -> bool:
        return stack.submit_prompt(locked_out, "a moth").status_code == 201

    stack.await_condition(is_free, LOCKOUT_SECONDS + SETTLED_SECONDS, "the lockout is over")
    stack.request("POST", f"networks/{locked_out}/stop")


SCENARIOS = (
    Scenario(
        "clock-forwards", "The clock jumps an hour ahead", (2, 5), 90, lambda s: jump_clock(s, HOUR)
    ),
    Scenario(
        "clock-back", "The clock jumps an hour back", (2, 5), 90, lambda s: jump_clock(s, -HOUR)
    ),
)
