"""The form of a target. What may be in it is decided in `streams.targets`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.forms import CheckedForm
from streams.targets import MAX_ADDRESS, MAX_KEY, MAX_NAME

SECRET = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class TargetForm(CheckedForm):
    """A new target; what is typed as its address and its key is never sent back."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("Only for people: “our video platform”.")
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=MAX_ADDRESS,
        widget=forms.PasswordInput(attrs=SECRET),
        help_text=_("As the platform shows it: rtmp://… or rtmps://…"),
    )
    key = forms.CharField(
        label=_("Stream key"),
        max_length=MAX_KEY,
        required=False,
        widget=forms.PasswordInput(attrs=SECRET),
    )
    private_allowed = forms.BooleanField(
        label=_("Its address may lead to this machine or its network"), required=False
    )

    def __init__(self, person: User, data: Any = None) -> None:
        super().__init__(data)
        if not person.is_admin:
            del self.fields["private_allowed"]
