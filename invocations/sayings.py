"""What a provider says of a step while it works on it: "starting", a place in its queue, a log line.

It is not kept in the database. Each feed remembers the newest, so that a screen that comes in the
middle of a long step, or is drawn anew, shows it too.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html

from realtime.progress import Progress

from .models import Invocation
from .states import InvocationState

PROGRESSED = "invocation.progressed"
MOST = 80  # characters: a log line is not a text, and stands on one tile for a moment
STATUS = '<span class="tile-status" id="{}">{}</span>'


@dataclass(frozen=True, slots=True)
class Saying:
    """Words, and the public id of the step they are about."""

    invocation: str = ""
    words: str = ""

    def of(self, step: Invocation) -> str:
        """The words, where they are about this step."""
        return self.words if step.public_id == self.invocation else ""


NOTHING_SAID = Saying()


def heard(progress: Progress) -> tuple[Invocation, Saying] | None:
    """The step that this is about, and what is said; None where it is not at work any more."""
    if progress.type != PROGRESSED:
        return None
    step = Invocation.objects.filter(public_id=progress.data.get("invocation")).first()
    if step is None or step.state != InvocationState.INVOKING:
        return None
    return step, Saying(step.public_id, _short(str(progress.data.get("status", ""))))


def drawn(cell: int, saying: Saying) -> dict[str, str]:
    """The element of `templates/invocations/_tile.html` that shows it."""
    name = f"tile-{cell}-status"
    return {name: format_html(STATUS, name, saying.words)}


def _short(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= MOST:
        return words
    whole = words[:MOST].rsplit(" ", 1)[0] if " " in words[:MOST] else words[:MOST]
    return f"{whole} …"
