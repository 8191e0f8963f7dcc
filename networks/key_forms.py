"""Keys to platforms as people type them: what is typed as a key is never sent back."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import User
from platforms.models import Credential

from . import key_upkeep, keys
from .fields import Invalid
from .key_upkeep import SECRET_MOST
from .keys import Payer
from .models import Network


def _secret(label: str) -> forms.CharField:
    """Hidden as it is typed; browsers are asked not to keep it."""
    hidden = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    return forms.CharField(
        label=label, max_length=SECRET_MOST, widget=forms.PasswordInput(attrs=hidden), strip=True
    )


class _KeyForm(forms.Form):
    def take(self, wrong: Invalid) -> None:
        """Say what was wrong at the field it is about."""
        for name, sentence in wrong.errors.items():
            self.add_error(name if name in self.fields else None, sentence)


class NewKeyForm(_KeyForm):
    platform = forms.ChoiceField(label="Platform")
    name = forms.CharField(
        label="Name", max_length=100, help_text="Only for people: “the studio's account”."
    )
    secret = _secret("Key")

    def __init__(self, data: Any = None, *, owner: User) -> None:
        super().__init__(data)
        self.owner = owner
        platforms = keys.platforms_with_keys()
        self.fields["platform"].choices = [(one.slug, one.label) for one in platforms]  # type: ignore[attr-defined]
        self.fields[
            "secret"
        ].help_text = "Stored encrypted, and never shown again. For model servers: name=key."

    def save(self) -> Credential | None:
        """The new key; None where something is wrong, which the form says."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        try:
            return key_upkeep.store(
                owner=self.owner,
                platform=given["platform"],
                name=given["name"],
                secret=given["secret"],
            )
        except Invalid as wrong:
            self.take(wrong)
            return None


class ChangeForm(_KeyForm):
    """One thing about a key: only what is in the form is changed."""

    field = ""

    def save(self, key: Credential) -> bool:
        if not self.is_valid():
            return False
        try:
            key_upkeep.change(key=key, **{self.field: self.cleaned_data[self.field]})
        except Invalid as wrong:
            self.take(wrong)
            return False
        return True


class NameForm(ChangeForm):
    field = "name"
    name = forms.CharField(label="Name", max_length=100)


class SecretForm(ChangeForm):
    field = "secret"
    secret = _secret("New key")


class LendForm(_KeyForm):
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )

    def save(self, key: Credential) -> bool:
        if not self.is_valid():
            return False
        try:
            key_upkeep.lend(key=key, email=self.cleaned_data["email"])
        except Invalid as wrong:
            self.take(wrong)
            return False
        return True


class PicksForm(forms.Form):
    """Which key a network spends on: a select for each platform of its ring with any to choose."""

    def __init__(self, data: Any = None, *, payers: list[Payer]) -> None:
        super().__init__(data)
        self.payers = [payer for payer in payers if payer.choices]
        for payer in self.payers:
            best: list[tuple[str, str]] = [("", "The best there is")]
            choices = best + [(one.public_id, _told(one, payer)) for one in payer.choices]
            self.fields[payer.platform.slug] = forms.ChoiceField(
                label=payer.platform.label,
                choices=choices,
                required=False,
                initial=payer.chosen.public_id if payer.chosen else "",
            )

    def save(self, network: Network, by: User) -> bool:
        if not self.is_valid():
            return False
        picks = {slug: given or None for slug, given in self.cleaned_data.items()}
        key_upkeep.pick(network=network, picks=picks, by=by)
        return True


def _told(key: Credential, payer: Payer) -> str:
    return key.name if key.owner_id == payer.person else f"{key.name} (lent)"
