"""Keys to platforms as people type them: what is typed as a key is never sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credentials import stored_keys
from lib.forms import CheckedForm

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def _secret(label: StrPromise, **more: Any) -> forms.CharField:
    """Hidden as it is typed; browsers are asked not to keep it."""
    hidden = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    return forms.CharField(
        label=label,
        max_length=stored_keys.MAX_SECRET_LENGTH,
        widget=forms.PasswordInput(attrs=hidden),
        **more,
    )


class NewKeyForm(CheckedForm):
    platform = forms.ChoiceField(label=_("Platform"))
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Only for people: “the studio's account”.")
    )
    secret = _secret(
        _("Key"),
        help_text=_("Stored encrypted, and never shown again. For model servers: name=key."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        platforms = stored_keys.platforms_with_keys()
        self.fields["platform"].choices = [(one.slug, one.shown_label) for one in platforms]  # type: ignore[attr-defined]


class NameForm(CheckedForm):
    name = forms.CharField(label=_("Name"), max_length=100)


class SecretForm(CheckedForm):
    secret = _secret(_("New key"))


class LendForm(CheckedForm):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
