"""The form of an installation's opening hours: a line for each period, and an empty one below them. What
may be in them is decided in `displays.hours_settings`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from displays.hours_settings import MAX_PERIODS
from displays.models import Installation
from lib.forms import CheckedForm
from networks.forms.inputs import LinesField
from networks.opening_hours import DAYS

_DAY_NAMES = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
EMPTY: Mapping[str, Any] = {"days": [], "opens": "", "closes": "", "zone": ""}


@dataclass(frozen=True, slots=True)
class HoursLine:
    """One period on the page."""

    index: int
    days: forms.BoundField
    opens: forms.BoundField
    closes: forms.BoundField
    zone: forms.BoundField
    removable: bool

    @property
    def number(self) -> int:
        return self.index + 1


class HoursForm(CheckedForm):
    """Saves all lines; one in which nothing is left is removed, and so is that whose button was pressed
    (`without`)."""

    closed_on = LinesField(
        label=_("Closed on"),
        max_length=10_000,
        help_text=_("One date a line, such as 2026-12-25: it does not open on these days."),
    )

    def __init__(self, data: QueryDict | None = None, *, installation: Installation) -> None:
        lines = installation.opening_hours if data is None else list(_lines(data))
        zone = next((str(line["zone"]) for line in reversed(lines) if line["zone"]), "")
        self._lines = [*lines[:MAX_PERIODS], {**EMPTY, "zone": zone}]
        super().__init__(None if data is None else _as_data(self._lines, data))
        self.fields["closed_on"].initial = installation.closed_on
        for index, line in enumerate(self._lines):
            self.fields |= _fields(index, line)

    @property
    def lines(self) -> Iterator[HoursLine]:
        for index in range(len(self._lines)):
            days, opens, closes, zone = (self[f"{name}_{index}"] for name in EMPTY)
            yield HoursLine(index, days, opens, closes, zone, index < len(self._lines) - 1)

    @property
    def given(self) -> dict[str, Any]:
        hours = [
            {name: self.cleaned_data[f"{name}_{index}"] for name in EMPTY}
            for index in range(len(self._lines) - 1)
        ]
        return {"opening_hours": hours, "closed_on": self.cleaned_data["closed_on"]}


def _fields(index: int, line: Mapping[str, Any]) -> dict[str, forms.Field]:
    clock, zone = {"type": "time"}, {"list": "zones", "autocomplete": "off", "size": 24}
    return {
        f"days_{index}": forms.MultipleChoiceField(
            label=_("Days"),
            choices=list(zip(DAYS, _DAY_NAMES, strict=True)),
            widget=forms.CheckboxSelectMultiple,
            required=False,
            initial=line["days"],
        ),
        f"opens_{index}": _text(_("Opens"), line["opens"], clock),
        f"closes_{index}": _text(_("Closes"), line["closes"], clock),
        f"zone_{index}": _text(_("Time zone"), line["zone"], zone),
    }


def _text(label: Any, initial: str, attributes: dict[str, Any]) -> forms.Field:
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(
        label=label, required=False, max_length=60, initial=initial, widget=widget
    )


def _lines(data: QueryDict) -> Iterator[dict[str, Any]]:
    """Those in which something was typed, but for the one that is to be removed."""
    for index in range(MAX_PERIODS + 1):
        line: dict[str, Any] = {
            name: data.get(f"{name}_{index}", "") for name in ("opens", "closes", "zone")
        }
        line["days"] = data.getlist(f"days_{index}")
        typed = line["days"] or line["opens"] or line["closes"]
        if typed and data.get("without") != str(index):
            yield line


def _as_data(lines: Iterable[Mapping[str, Any]], data: QueryDict) -> QueryDict:
    """As if the lines had been sent in this order."""
    found = QueryDict(mutable=True)
    found["closed_on"] = data.get("closed_on", "")
    for index, line in enumerate(lines):
        for name in EMPTY:
            value = line[name]
            found.setlist(f"{name}_{index}", value if isinstance(value, list) else [value])
    return found
