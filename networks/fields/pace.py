"""When a network runs, how fast, and what it may spend: see `networks.fields`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from networks import pacing
from networks.forms.inputs import BudgetInputs, PacingInputs, SwitchInput
from networks.models import Network

from .declaration import NetworkField, number_field
from .objects import BudgetsIn, BudgetsOut, PacingIn, PacingOut
from .problems import budgets_problem, pacing_problem

MAX_LOCKOUT_SECONDS = 86_400  # a day
MAX_WARM_UP_MINUTES = 60


def _all_budgets(network: Network) -> dict[str, float | None]:
    limits = network.budgets or {}
    return {name: limits.get(name) for name in BudgetsOut.model_fields}


PACE_FIELDS: list[NetworkField] = [
    number_field(
        name="lockout_seconds",
        example=60,
        least=0,
        most=MAX_LOCKOUT_SECONDS,
        sentence=_("The lockout lasts from %(least)s to %(most)s seconds."),
        label=_("Lockout"),
        help_text=_("Seconds after a prompt until the next one is accepted."),
    ),
    NetworkField(
        name="pacing",
        type=list[PacingIn],
        answer_type=list[PacingOut],
        example=[{"until_seconds": None, "delay_seconds": 2.0}],
        normalize=pacing.spell_out,
        problem=pacing_problem,
        read=lambda network: pacing.spell_out(network.pacing),
        input=PacingInputs(),
    ),
    NetworkField(
        name="pace_to_closing",
        type=bool,
        description="Spend `usd_per_day` evenly until its installations close.",
        example=False,
        input=SwitchInput(
            _("Spread the money of a day until closing time"),
            _("Slows down so that the dollars of a day last until its installations close."),
        ),
    ),
    NetworkField(
        name="start_at_opening",
        type=bool,
        description="Begin with an attract prompt when its installations open and nothing runs.",
        example=False,
        input=SwitchInput(
            _("Begin by itself at opening time"),
            _("With one of the prompts for when nobody types, where nothing runs."),
        ),
    ),
    number_field(
        name="warm_up_minutes",
        description="So long before its installations open, its models are loaded; 0: not at all.",
        example=5,
        least=0,
        most=MAX_WARM_UP_MINUTES,
        sentence=_("Models are loaded from %(least)s to %(most)s minutes before."),
        label=_("Load the models before opening"),
        help_text=_("Minutes before its installations open; 0 for not at all."),
    ),
    NetworkField(
        name="budgets",
        type=BudgetsIn,
        answer_type=BudgetsOut,
        default=BudgetsIn,
        example={
            "usd_per_day": 5.0,
            "calls_per_hour": None,
            "laps_per_run": None,
            "hours_per_run": 8.0,
        },
        problem=budgets_problem,
        read=_all_budgets,
        input=BudgetInputs(
            {
                "usd_per_day": _("Dollars a day"),
                "calls_per_hour": _("Calls an hour"),
                "laps_per_run": _("Laps a run"),
                "hours_per_run": _("Hours a run"),
            }
        ),
    ),
]
