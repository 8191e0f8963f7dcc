"""Why no run was started, each reason a class; BadPrompt, of the words themselves, is in `invocations.prompts`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from networks import opening_words
from networks.models import Network


class StartRefused(Exception):
    """A run was not started; `str(error)` is for the person who asked."""

    code = "refused"


class NotRunnable(StartRefused):
    code = "not_runnable"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join([_("This network cannot run now."), *problems]))
        self.problems = problems


class Lockout(StartRefused):
    code = "lockout"

    def __init__(self, ready_at: datetime) -> None:
        super().__init__(_("The last prompt has only just begun; wait until its time is up."))
        self.ready_at = ready_at


class Halted(StartRefused):
    code = "halted"

    def __init__(self) -> None:
        super().__init__(_("Everything was stopped; an admin has to press Resume first."))


class DiskFull(StartRefused):
    code = "storage_full"

    def __init__(self) -> None:
        super().__init__(_("The disk is full: nothing starts until there is room again."))


class BudgetSpent(StartRefused):
    code = "budget"


class Closed(StartRefused):
    """Outside opening hours. `opens_at`: when the next prompt is accepted; None: nobody knows."""

    code = "closed"

    def __init__(self, network: Network, opens_at: datetime | None, at: datetime) -> None:
        super().__init__(opening_words.refusal(network.hours, opens_at, at))
        self.opens_at = opens_at


class KeyReused(StartRefused):
    code = "key_reused"

    def __init__(self) -> None:
        super().__init__(_("This client_key was used for another prompt."))
