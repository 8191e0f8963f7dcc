"""What a network is called, who may see it, and its ring: see `networks.fields`."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from networks.forms.inputs import SettingsInput, SwitchInput

from .declaration import NetworkField
from .objects import SlotIn, SlotOut
from .problems import text_problem

IDENTITY_FIELDS: list[NetworkField] = [
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
]
