"""The forms for a new network, for its settings (made from networks/fields/) and for its keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from credentials.models import Credential
from lib.validation import Invalid
from networks import changes
from networks.fields import FIELDS
from networks.fields.sections import SECTIONS
from networks.models import Network
from networks.selected_credentials import Payer, select_credentials


@dataclass(frozen=True, slots=True)
class SettingsRow:
    """A field of the network on the page: one or several inputs, and their template."""

    template: str
    fields: list[forms.BoundField]

    @property
    def field(self) -> forms.BoundField:
        return self.fields[0]

    @property
    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return list(zip(self.fields[::2], self.fields[1::2], strict=True))


class SettingsForm(forms.Form):
    """Saves all of it or nothing, and keeps what was typed."""

    def __init__(self, data: Any = None, *, network: Network, by: User) -> None:
        super().__init__(data)
        self.network, self.by = network, by
        self._inputs = {field.name: field.input for field in FIELDS if field.input is not None}
        self._form_fields: dict[str, list[str]] = {}  # by the name of the network's field
        for name, made_of in self._inputs.items():
            found = made_of.form_fields(name, getattr(network, name))
            self.fields |= found
            self._form_fields[name] = list(found)

    def sections(self) -> Iterator[tuple[str, list[SettingsRow]]]:
        """For the template: each section's title with its rows."""
        for title, names in SECTIONS.items():
            yield gettext(title), [self._row(name) for name in names]

    def save(self) -> Network | None:
        """The network as it is then; None where something is wrong, which the form says."""
        if not self.is_valid():
            return None
        values = {
            name: made_of.read(name, self.cleaned_data) for name, made_of in self._inputs.items()
        }
        slug = values.pop("slug")
        try:
            return changes.change(network=self.network, values=values, slug=slug, by=self.by)
        except Invalid as wrong:
            for name, sentence in wrong.errors.items():
                self.add_error(self._form_fields.get(name, [None])[0], sentence)
            return None

    def _row(self, name: str) -> SettingsRow:
        fields = [self[one] for one in self._form_fields[name]]
        return SettingsRow(self._inputs[name].template, fields)


class NewNetworkForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Network
        fields = ["name"]
        labels = {"name": _("Name")}
        widgets = {"name": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})}


class SelectedCredentialsForm(forms.Form):
    """Which key a network spends on: a select for each platform of its ring with any to choose."""

    def __init__(self, data: Any = None, *, payers: list[Payer]) -> None:
        super().__init__(data)
        self.payers = [payer for payer in payers if payer.choices]
        for payer in self.payers:
            best: list[tuple[str, str]] = [("", gettext("The best there is"))]
            choices = best + [(one.public_id, _label(one, payer)) for one in payer.choices]
            self.fields[payer.platform.slug] = forms.ChoiceField(
                label=payer.platform.shown_label,
                choices=choices,
                required=False,
                initial=payer.selected.public_id if payer.selected else "",
            )

    def save(self, network: Network, by: User) -> bool:
        if not self.is_valid():
            return False
        picks = {slug: given or None for slug, given in self.cleaned_data.items()}
        select_credentials(network=network, picks=picks, by=by)
        return True


def _label(key: Credential, payer: Payer) -> str:
    if key.owner_id == payer.person:
        return key.name
    return gettext("%(key)s (lent)") % {"key": key.name}
