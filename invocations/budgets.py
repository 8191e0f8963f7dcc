"""What a network, and its owner, may spend: read from a ledger that outlives the runs.

A call's typical price is set aside when it is claimed, so that calls under way count as spent. The
ledger has slices of five minutes (`Spending`), and a slice counts as long as a part of it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from lib.stored_sentences import stored_sentence

from .models import Spending
from .states import Reason

if TYPE_CHECKING:
    from networks.models import Network

    from .models import Run

# Said in a request, and stored by a worker that ends a run
CALLS_MADE = stored_sentence("%(who)s has made the %(calls)s calls of this hour.")
MONEY_SPENT = stored_sentence("%(who)s has spent the %(usd)s dollars of today.")
LAPS_DONE = stored_sentence("The limit of laps per run is reached: %(laps)s.")
HOURS_OVER = stored_sentence("The run has lasted %(hours)s hours.")


@dataclass(frozen=True, slots=True)
class ReachedLimit:
    """Which limit is reached, as a run's reason and as a sentence."""

    reason: Reason
    sentence: str


def reached_limit(
    network: Network, at: datetime, *, price: float = 0.0, hold: bool = False
) -> ReachedLimit | None:
    """The limit that leaves no room for a call of `price` dollars, if any.

    Reads `usd_per_day` (the last 24 hours; of a network that paces to closing, the day on which it
    opened) and `calls_per_hour` of the network's and of its owner's budgets; None or missing = no limit. With `hold`, claims of the owner's other networks wait
    until the transaction ends: the network's own are kept apart by its run.
    """
    day = network.money_day_began(at)
    if found := _over(
        network.budgets or {}, {"network": network}, at, price, _("This network"), day_began=day
    ):
        return found
    limits = network.owner.budgets or {}
    if not limits:
        return None
    if hold:
        User.objects.select_for_update().filter(pk=network.owner_id).first()
    return _over(limits, {"owner": network.owner_id}, at, price, _("The owner of this network"))


def _over(
    limits: Mapping[str, float | None],
    whose: Mapping[str, object],
    at: datetime,
    price: float,
    who: str,
    *,
    day_began: datetime | None = None,
) -> ReachedLimit | None:
    calls, usd = limits.get("calls_per_hour"), limits.get("usd_per_day")
    if calls is None and usd is None:
        return None
    lately = Spending.objects.filter(**whose).lately(at, day_began=day_began)
    return check_limits(limits, lately.hour.calls, lately.day.usd_at_most, price=price, who=who)


def check_limits(
    limits: Mapping[str, float | None],
    made: int,
    today: float,
    *,
    price: float = 0.0,
    who: str = "",
) -> ReachedLimit | None:
    """The limit that leaves no room, with `made` calls in the last hour and `today` dollars in the
    last day."""
    who = who or _("This network")
    calls, usd = limits.get("calls_per_hour"), limits.get("usd_per_day")
    if calls is not None and made >= calls:
        return ReachedLimit(Reason.CALLS, _(CALLS_MADE) % {"who": who, "calls": _number(calls)})
    if usd is not None and (today + price > usd or today >= usd):
        return ReachedLimit(
            Reason.MONEY, _(MONEY_SPENT) % {"who": who, "usd": number_format(usd, 2)}
        )
    return None


def _number(value: float) -> str:
    """In the manner of the reader's language, without a fraction that is nothing."""
    return number_format(f"{value:g}")


def run_is_over(run: Run, *, sequence: int, at: datetime) -> ReachedLimit | None:
    """Whether the run has had its laps or hours once step `sequence` is done."""
    limits: Mapping[str, float | None] = run.network.budgets or {}
    laps, hours = limits.get("laps_per_run"), limits.get("hours_per_run")
    if laps is not None and sequence + 1 >= laps * len(run.ring):
        return ReachedLimit(Reason.LAPS, _(LAPS_DONE) % {"laps": _number(laps)})
    if hours is not None and run.age(at) >= timedelta(hours=hours):
        return ReachedLimit(Reason.TIME, _(HOURS_OVER) % {"hours": _number(hours)})
    return None
