"""A network's work on the farm: see `networks.fields`."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from networks.forms.inputs import SettingsInput

from .declaration import NetworkField
from .problems import range_problem, text_problem

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
    NetworkField(
        name="farm_patience_seconds",
        type=int,
        description="So long a step waits for a farm worker before its fallback takes it.",
        example=60,
        problem=range_problem(
            5, 86_400, _("A step waits for a farm worker from %(least)s to %(most)s seconds.")
        ),
        input=SettingsInput(forms.IntegerField, label=_("Seconds to wait for a farm worker")),
    ),
    NetworkField(
        name="farm_priority",
        type=int,
        description="Farm workers are given its steps before those of networks with a lower one.",
        example=50,
        problem=range_problem(0, 100, _("A priority is from %(least)s to %(most)s.")),
        input=SettingsInput(
            forms.IntegerField,
            label=_("Priority on the farm"),
            help_text=_(
                "0 to 100. A farm worker is given a step of the network with the highest one; of equal ones, the step "
                "that has waited longest."
            ),
        ),
    ),
]
