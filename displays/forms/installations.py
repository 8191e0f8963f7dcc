"""The forms of installations and their displays. What may be in them is decided in
`displays.display_settings`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from displays import display_settings, film_displays
from displays.installation_page import DisplayRow
from displays.installations import row_of_screens
from displays.models import Display, Installation, QrCorner, QrTarget
from films.models import Film
from lib.forms import CheckedForm
from lib.languages import language_choices
from networks.models import Network, Person

MAX_ROW = 24
KINDS = {
    "single": _("One step at a time, on the whole screen"),
    "grid": _("Many steps at once, in a grid"),
    "vestaboard": _("A split-flap board"),
    "trajectory": _("Where the run is going: a picture of its texts, and three numbers"),
    "film": _("A film, again and again"),
    "pair": _("Two runs that began together, side by side, and how far apart they are"),
}


class NetworkSelect(forms.ChoiceField):
    """One of these networks; a value that is none of them is refused."""

    def __init__(self, networks: Sequence[Network], **more: Any) -> None:
        self.networks = {one.public_id: one for one in networks}
        super().__init__(
            label=gettext("Network"),
            choices=[(key, one.name) for key, one in self.networks.items()],
            **more,
        )


class NewInstallationForm(CheckedForm):
    """A name, a network, and how many screens hang in a row."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("Foyer")}),
    )
    screens = forms.IntegerField(
        label=_("Screens in a row"),
        min_value=0,
        max_value=MAX_ROW,
        initial=1,
        help_text=_(
            "Each step of a run appears on the next screen. Grids and boards are added later."
        ),
    )

    def __init__(self, data: Any = None, *, networks: Sequence[Network], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["network"] = self.select = NetworkSelect(networks)
        self.order_fields(["name", "network", "screens"])

    @property
    def given(self) -> dict[str, Any]:
        return {
            "name": self.cleaned_data["name"],
            "network": self.select.networks[self.cleaned_data["network"]],
            "displays": row_of_screens(self.cleaned_data["screens"]),
        }


class InstallationForm(CheckedForm):
    """The name and the network of one that is there."""

    name = forms.CharField(label=_("Name"), max_length=100)

    def __init__(
        self, data: Any = None, *, installation: Installation, networks: Sequence[Network]
    ) -> None:
        super().__init__(data)
        self.fields["name"].initial = installation.name
        there = {one.pk: one for one in (installation.network, *networks)}
        initial = installation.network.public_id
        self.fields["network"] = self.select = NetworkSelect(list(there.values()), initial=initial)

    @property
    def given(self) -> dict[str, Any]:
        network = self.select.networks[self.cleaned_data["network"]]
        return {"name": self.cleaned_data["name"], "network": network}


class OffsetsField(forms.CharField):
    """Whole numbers with commas or spaces between them: people count steps from 1, the list from 0."""

    def to_python(self, value: Any) -> list[int] | None:  # type: ignore[override]
        words = re.split(r"[\s,;+]+", (value or "").strip())
        if words == [""]:
            return None
        if not all(word.isdecimal() and len(word) < 6 and int(word) for word in words):
            raise forms.ValidationError(
                gettext("Numbers from 1 with commas between them, such as 1, 5.")
            )
        return [int(word) - 1 for word in words]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(one + 1) for one in value) if isinstance(value, list) else value

    def run_validators(self, value: Any) -> None:
        """The numbers are checked with the stride."""


class DisplayForm(CheckedForm):
    """A screen or board: what is of another type than the one that is chosen is passed over."""

    type = forms.ChoiceField(
        label=_("What it shows"), choices=list(KINDS.items()), widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        help_text=_("Letters, digits and hyphens, such as left-wall."),
    )
    rows = forms.IntegerField(label=_("Rows"), required=False)
    columns = forms.IntegerField(label=_("Columns"), required=False)
    stride = forms.IntegerField(label=_("Out of every … steps"), required=False)
    offsets = OffsetsField(
        label=_("it shows number …"),
        required=False,
        help_text=_(
            "Four screens in a row: out of every 4 steps, the first one shows number 1, the "
            "next number 2, and so on. Several with commas between them."
        ),
    )
    show_invoking = forms.BooleanField(label=_("Show work under way, too"), required=False)
    vestaboard_name = forms.CharField(
        label=_("Board"),
        max_length=50,
        required=False,
        help_text=_(
            "Its name under Account, Boards. It shows texts only, and the next step waits until they were read. A name "
            "that is not there has no device: its address draws a board."
        ),
    )
    initial_prompt = forms.BooleanField(
        label=_("Show what the visitor typed"),
        required=False,
        help_text=_("The first step waits until that was read."),
    )
    film = forms.ChoiceField(
        label=_("Film"),
        required=False,
        help_text=_("Finished films that you may see. It sounds unless this screen has no sound."),
    )
    muted = forms.BooleanField(label=_("No sound from this screen"), required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=partial(language_choices, _("That of its browser")),
        required=False,
        help_text=_("Of what stands beside the work. The works speak as they do."),
    )
    qr_corner = forms.ChoiceField(
        label=_("A code in a corner"),
        choices=QrCorner.choices,
        required=False,
        help_text=_(
            "For phones. To the network's page only where the network is public: of a private one it shows none."
        ),
    )
    qr_target = forms.ChoiceField(
        label=_("The code leads"), choices=QrTarget.choices, required=False
    )
    panic_key = forms.CharField(
        label=_("Key of a button beside it"),
        max_length=20,
        required=False,
        help_text=_(
            "What a USB button types, such as F13. It starts one of the network's own prompts; where an admin has "
            "unlocked it, it stops everything."
        ),
    )

    def __init__(
        self, data: Any = None, *, person: Person, installation: Installation, **more: Any
    ) -> None:
        super().__init__(data, **more)
        found = film_displays.choices_for(person, installation)
        self.films = {one.public_id: one for one in found}
        field = cast("forms.ChoiceField", self.fields["film"])
        field.choices = [
            ("", gettext("none")),
            *((key, one.title) for key, one in self.films.items()),
        ]

    @classmethod
    def for_display(cls, display: Display, person: Person, data: Any = None) -> DisplayForm:
        values = {name: getattr(display, name) for name in display_settings.DEFAULTS}
        initial = START | {name: value for name, value in values.items() if value is not None}
        initial |= {"type": display.kind, "name": display.name}
        if display.film is not None:
            initial["film"] = display.film.public_id
        return cls(data, person=person, installation=display.installation, initial=initial)

    @classmethod
    def for_new(cls, installation: Installation, person: Person, data: Any = None) -> DisplayForm:
        return cls(data, person=person, installation=installation, initial=dict(START))

    def clean_film(self) -> Film | None:
        return self.films.get(self.cleaned_data["film"])

    def clean_offsets(self) -> list[int] | None:
        offsets, stride = self.cleaned_data["offsets"], self.cleaned_data.get("stride")
        if (
            offsets
            and stride
            and self.cleaned_data.get("type") not in ("grid", "trajectory", "pair", "film")
            and max(offsets) >= stride
        ):
            raise forms.ValidationError(
                gettext("There are only numbers from 1 to %(stride)d.") % {"stride": stride}
            )
        return cast("list[int] | None", offsets)

    @property
    def given(self) -> dict[str, Any]:
        """The fields that the type has, as display_settings takes them."""
        cleaned = self.cleaned_data
        wanted = display_settings.FIELDS_OF_KIND[cleaned["type"]] | {"type", "name"}
        wanted |= display_settings.OF_EVERY_KIND
        return {"given": {name: value for name, value in cleaned.items() if name in wanted}}


START: dict[str, Any] = {
    "type": "single",
    "rows": 2,
    "columns": 3,
    "stride": 1,
    "offsets": [0],
}


class PlaceForm(CheckedForm):
    """Which display of an installation a screen is to be: one that is there, or a new one."""

    display = forms.ChoiceField(label=_("What this screen is"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Name of the new display"),
        max_length=50,
        required=False,
        help_text=_(
            "Letters, digits and hyphens, such as left-wall. It shows every step until you "
            "choose otherwise."
        ),
    )

    def __init__(self, data: Any = None, *, rows: Sequence[DisplayRow]) -> None:
        super().__init__(data)
        free = [row for row in rows if not row.kiosks]
        names = [row.display.name for row in (*free, *(row for row in rows if row.kiosks))]
        there = {row.display.name: _label(row) for row in rows}
        choices = [(name, there[name]) for name in names]
        field = cast("forms.ChoiceField", self.fields["display"])
        field.choices = [*choices, (NEW, gettext("A new display"))]
        field.initial = names[0] if free else NEW

    @property
    def given(self) -> dict[str, Any]:
        chosen = self.cleaned_data["display"]
        return {"name": self.cleaned_data["name"] if chosen == NEW else chosen}


NEW = " new "  # no name


def _label(row: DisplayRow) -> str:
    count = len(row.kiosks)
    if not count:
        return f"{row.display.name} ({row.summary})"
    words = ngettext(
        "%(display)s (%(summary)s, on %(count)d screen already)",
        "%(display)s (%(summary)s, on %(count)d screens already)",
        count,
    )
    return words % {"display": row.display.name, "summary": row.summary, "count": count}
