"""The clock jumps by an hour, forwards and back, while runs go on and calls are under way."""

from __future__ import annotations

from rehearsal.overlay.shifted_clock import FILE
from rehearsal.stage import TEXT, Broken, Stage

from .base import Act

HOUR = 3600
PACE = 4.0  # seconds; a run that is paced spends most of its time between two steps
LOCKOUT = 15
SETTLED = 20.0


def jump(stage: Stage, seconds: int) -> str:
    """A run that never waits, one that waits for its next step, one whose call is under way, and a
    network that is locked out."""
    name = "forwards" if seconds > 0 else "back"
    quick = stage.start(stage.network(f"Hurries {name}", TEXT))
    pacing = [{"until_seconds": None, "delay_seconds": PACE}]
    paced = stage.start(stage.network(f"Waits {name}", TEXT, pacing=pacing))
    stage.provider.script(f"calm-{name}", {"seconds": 6})
    slow = stage.start(stage.network(f"Under way, {name}", TEXT), f"a moth #calm-{name}")
    locked_out = stage.network(f"Locked out, {name}", TEXT, lockout_seconds=LOCKOUT)
    stage.until(lambda: stage.records.reference(slow), 20, "a call is under way")
    stage.goes_on(paced)
    stage.until(lambda: not stage.records.holders(paced), 5, "the next step waits")
    stage.start(locked_out)

    file = stage.stack.data_dir / FILE
    before = float(file.read_text()) if file.exists() else 0.0
    file.write_text(str(before + seconds))

    took = stage.goes_on(quick, slow, paced, seconds=SETTLED)
    _judge(stage, slow, locked_out)
    for run in (quick, slow, paced):
        stage.stop(run)
    return f"every run went on within {took:.1f} s, the call under way was paid once"


def _judge(stage: Stage, slow: str, locked_out: str) -> None:
    keys = [key for key, _ in stage.records.tries(slow, 0)]
    charges = sum(entry.key in keys for entry in stage.provider.journal.entries("charge"))
    if charges != 1:
        raise Broken(f"the call that was under way was charged {charges} times")

    def free() -> bool:
        return stage.press(locked_out, "a moth").status_code == 201

    stage.until(free, LOCKOUT + SETTLED, "the lockout is over")
    stage.ask("POST", f"networks/{locked_out}/stop")


ACTS = (
    Act("clock-forwards", "The clock jumps an hour ahead", (2, 5), 90, lambda s: jump(s, HOUR)),
    Act("clock-back", "The clock jumps an hour back", (2, 5), 90, lambda s: jump(s, -HOUR)),
)
