"""The settable fields of a network, each declared once.

The API's schemas, the settings page, validation, changes and copies are derived from FIELDS.
CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from functools import partial

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.languages import language_choices, language_problem

from . import banned_words, pacing
from .farm_fields import FARM_FIELDS
from .field_objects import BudgetsIn, BudgetsOut, PacingIn, PacingOut, SlotIn, SlotOut
from .field_problems import (
    attract_prompts_problem,
    banned_words_problem,
    budgets_problem,
    key_problem,
    pacing_problem,
    perturbation_problem,
    perturbation_sentences_problem,
    range_problem,
    refusal_policy_problem,
    text_problem,
)
from .forms.inputs import BudgetInputs, LinesField, PacingInputs, SettingsInput, SwitchInput
from .models import Network, PerturbationPolicy, RefusalPolicy
from .network_field import NetworkField

MAX_LOCKOUT_SECONDS = 86_400  # a day
MAX_PROMPT_LENGTH = 10_000
MAX_HINT_LENGTH = 100
MAX_WARM_UP_MINUTES = 60


def _all_budgets(network: Network) -> dict[str, float | None]:
    limits = network.budgets or {}
    return {name: limits.get(name) for name in BudgetsOut.model_fields}


FIELDS: list[NetworkField] = [  # in the order of the API
    NetworkField(
        name="slug",
        type=str,
        description="Another address; the old one leads here from then on.",
        example="whispers",
        input=SettingsInput(
            forms.CharField,
            template="networks/_slug_field.html",
            label=_("Address"),
            max_length=60,
            help_text=_("Links and codes with the old address go on working."),
        ),
        is_plain=False,
        is_copied=False,
    ),
    NetworkField(
        name="name",
        type=str,
        example="Whispers",
        normalize=str.strip,
        problem=text_problem(_("A name"), most=100, empty=_("Give it a name.")),
        input=SettingsInput(forms.CharField, label=_("Name"), max_length=100),
        is_copied=False,
    ),
    NetworkField(
        name="description",
        type=str,
        example="Two machines that tell each other what they see.",
        problem=text_problem(_("A description"), most=10_000, lines=True),
        input=SettingsInput(
            forms.CharField,
            label=_("Description"),
            max_length=10_000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 7}),
            help_text=_("Markdown is welcome."),
        ),
    ),
    NetworkField(
        name="public",
        type=bool,
        example=True,
        input=SwitchInput(_("Anybody may watch")),
        is_copied=False,
    ),
    NetworkField(
        name="open_terminal",
        type=bool,
        description="While it is public, anybody may type.",
        example=False,
        input=SwitchInput(
            _("Anybody may type, without a code"), _("Only while anybody may watch.")
        ),
        is_copied=False,
    ),
    NetworkField(
        name="archived",
        type=bool,
        default=False,
        description="Hidden from lists; nothing runs on it.",
        example=False,
        is_plain=False,
        is_copied=False,
    ),
    NetworkField(
        name="slots",
        type=list[SlotIn],
        answer_type=list[SlotOut],
        example=[
            {"model": "local:painter", "parameters": {}, "fallback": None},
            {"model": "local:tagger", "parameters": {}, "fallback": None},
        ],
        read=lambda network: [slot.as_json() for slot in network.ring],
        is_plain=False,
    ),
    NetworkField(
        name="model_ids",
        type=list[str],
        default=list,
        description="Instead of `slots`, where they need no parameters.",
        example=["local:painter", "local:tagger"],
        read=lambda network: [slot.model for slot in network.ring],
        is_plain=False,
        is_copied=False,
    ),
    NetworkField(
        name="lockout_seconds",
        type=int,
        example=60,
        problem=range_problem(
            0, MAX_LOCKOUT_SECONDS, _("The lockout lasts from %(least)s to %(most)s seconds.")
        ),
        input=SettingsInput(
            forms.IntegerField,
            label=_("Lockout"),
            min_value=0,
            max_value=MAX_LOCKOUT_SECONDS,
            help_text=_("Seconds after a prompt until the next one is accepted."),
        ),
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
    NetworkField(
        name="warm_up_minutes",
        type=int,
        description="So long before its installations open, its models are loaded; 0: not at all.",
        example=5,
        problem=range_problem(
            0,
            MAX_WARM_UP_MINUTES,
            _("Models are loaded from %(least)s to %(most)s minutes before."),
        ),
        input=SettingsInput(
            forms.IntegerField,
            label=_("Load the models before opening"),
            min_value=0,
            max_value=MAX_WARM_UP_MINUTES,
            help_text=_("Minutes before its installations open; 0 for not at all."),
        ),
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
    NetworkField(
        name="refusal_policy",
        type=str,
        schema={"enum": list(RefusalPolicy.values)},
        example="substitute",
        problem=refusal_policy_problem,
        input=SettingsInput(
            forms.ChoiceField,
            template="components/_radio_field.html",
            label=_("When a model declines"),
            choices=RefusalPolicy.choices,
            widget=forms.RadioSelect,
        ),
    ),
    NetworkField(
        name="perturbation",
        type=str,
        schema={"enum": list(PerturbationPolicy.values)},
        description="For a run that is frozen or flat: what is added to what its next model is given.",
        example="prompt",
        problem=perturbation_problem,
        input=SettingsInput(
            forms.ChoiceField,
            template="components/_radio_field.html",
            label=_("When a run says the same again and again, or its pictures go flat"),
            choices=PerturbationPolicy.choices,
            widget=forms.RadioSelect,
        ),
    ),
    NetworkField(
        name="perturbation_sentences",
        type=list[str],
        description="Added one after the other, where `perturbation` is `sentences`.",
        example=["Suddenly it begins to snow."],
        problem=perturbation_sentences_problem,
        depends_on=("perturbation",),
        input=SettingsInput(
            LinesField,
            label=_("Sentences for that"),
            max_length=30_000,
            help_text=_("One a line; each time the next one is added."),
        ),
    ),
    NetworkField(
        name="replay",
        type=bool,
        example=True,
        input=SwitchInput(_("Show earlier runs while nothing runs")),
    ),
    NetworkField(
        name="caption",
        type=bool,
        description="Walls say what the run began with, the network's name, and how to take part.",
        example=True,
        input=SwitchInput(
            _("A caption on walls"),
            _(
                "What the run began with, the network's name, and a code to scan. The code leads to "
                "the terminal where anybody may type, else to the network's page; a private network "
                "has none."
            ),
        ),
    ),
    NetworkField(
        name="prompt_max",
        type=int,
        example=2000,
        problem=range_problem(
            1, MAX_PROMPT_LENGTH, _("A prompt may have from %(least)s to %(most)s characters.")
        ),
        input=SettingsInput(
            forms.IntegerField, label=_("Longest prompt"), min_value=1, max_value=MAX_PROMPT_LENGTH
        ),
    ),
    NetworkField(
        name="attract_prompts",
        type=list[str],
        example=["a bell under water"],
        problem=attract_prompts_problem,
        depends_on=("prompt_max", "banned_words"),
        input=SettingsInput(
            LinesField,
            label=_("Prompts for when nobody types"),
            max_length=20_000,
            help_text=_(
                "One prompt a line. Whoever presses the button without a word starts one of them."
            ),
        ),
    ),
    NetworkField(
        name="banned_words",
        type=list[str],
        answer_type=list[str] | None,
        description="Whole words and phrases; `kill*` is a beginning.",
        answer_description="Null for those who only look.",
        example=["timetable*"],
        normalize=banned_words.normalize,
        problem=banned_words_problem,
        input=SettingsInput(
            LinesField,
            label=_("Banned words"),
            max_length=60_000,
            help_text=_(
                "One a line: a word, a phrase, or a beginning with a star (kill*). Found whole, "
                "whatever the capitals and accents."
            ),
        ),
        is_private=True,
    ),
    NetworkField(
        name="language_hint",
        type=str,
        description="A line for visitors, under what they type.",
        example="German or English.",
        normalize=str.strip,
        problem=text_problem(_("A hint"), most=MAX_HINT_LENGTH),
        input=SettingsInput(
            forms.CharField,
            label=_("Hint for visitors"),
            required=False,
            max_length=MAX_HINT_LENGTH,
            help_text=_("A line under what they type: “German or English”, “one sentence”."),
        ),
    ),
    NetworkField(
        name="terminal_language",
        type=str,
        description="Of the terminal's page, by its code; empty = that of the browser.",
        example="fr",
        problem=lambda value, values: language_problem(value),
        input=SettingsInput(
            forms.ChoiceField,
            label=_("Language of the terminal"),
            choices=partial(language_choices, _("That of the visitor's browser")),
            required=False,
        ),
    ),
    NetworkField(
        name="panic_key",
        type=str,
        description="On its terminals this key presses the panic button, wherever the focus is.",
        example="F13",
        normalize=str.strip,
        problem=key_problem,
        input=SettingsInput(
            forms.CharField,
            label=_("Key of the panic button"),
            required=False,
            max_length=20,
            help_text=_(
                "What a USB button at the terminal types: F13 to F24 are on no keyboard. Enter, Space, or one "
                "character go too, but not while words are typed."
            ),
        ),
    ),
    *FARM_FIELDS,
]

# Columns that nobody sets through the API or the settings page
INTERNAL_COLUMNS = frozenset(
    {"id", "owner", "public_id", "featured", "has_boards", "archived_at", "created_at"}
    | {"opening_hours", "warmed_for", "started_for"}
)
