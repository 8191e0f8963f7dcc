"""Declined steps, stuck runs, and what walls show beside the steps: see `networks.fields`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from networks.forms.inputs import LinesField, SettingsInput, SwitchInput
from networks.models import PerturbationPolicy, RefusalPolicy

from .declaration import NetworkField, choice_field
from .problems import perturbation_sentences_problem

OUTPUT_FIELDS: list[NetworkField] = [
    choice_field(
        name="refusal_policy",
        choices=RefusalPolicy,
        example="substitute",
        sentence=_("The refusal policy is one of %(known)s."),
        label=_("When a model declines"),
    ),
    choice_field(
        name="perturbation",
        choices=PerturbationPolicy,
        description="For a run that is frozen or flat: what is added to what its next model is given.",
        example="prompt",
        sentence=_("The perturbation is one of %(known)s."),
        label=_("When a run says the same again and again, or its pictures go flat"),
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
]
