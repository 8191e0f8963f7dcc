"""A network's work on the farm: see `networks.fields`."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from networks.forms.inputs import SettingsInput

from .declaration import NetworkField, number_field
from .problems import text_problem

FARM_FIELDS: list[NetworkField] = [
    NetworkField(
        name="farm_tag",
        type=str,
        description="Only farm workers with this tag work for it; empty: any that are for all.",
        example="gallery",
        normalize=str.strip,
        problem=text_problem(_("A tag"), most=40),
        input=SettingsInput(
            forms.CharField, label=_("Tag of its farm workers"), required=False, max_length=40
        ),
    ),
    number_field(
        name="farm_patience_seconds",
        description="So long a step waits for a farm worker before its fallback takes it.",
        example=60,
        least=5,
        most=86_400,
        sentence=_("A step waits for a farm worker from %(least)s to %(most)s seconds."),
        label=_("Seconds to wait for a farm worker"),
    ),
    number_field(
        name="farm_priority",
        description="Farm workers are given its steps before those of networks with a lower one.",
        example=50,
        least=0,
        most=100,
        sentence=_("A priority is from %(least)s to %(most)s."),
        label=_("Priority on the farm"),
        help_text=_(
            "0 to 100. A farm worker is given a step of the network with the highest one; of equal ones, the step "
            "that has waited longest."
        ),
    ),
]
