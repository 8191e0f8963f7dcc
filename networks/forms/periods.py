"""Forms of periods of the week: a line for each of them, and an empty one below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lib.forms import CheckedForm
from networks.opening_hours import DAYS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_DAY_NAMES = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
EMPTY: Mapping[str, Any] = {"days": [], "opens": "", "closes": "", "zone": ""}


@dataclass(frozen=True, slots=True)
class PeriodLine:
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


class PeriodsForm(CheckedForm):
    """Saves all lines; one in which nothing is left is removed, and so is that whose button was pressed
    (`without`)."""

    opens_label: ClassVar[StrOrPromise]
    closes_label: ClassVar[StrOrPromise]
    most: ClassVar[int]  # lines

    def __init__(
        self, data: QueryDict | None = None, *, periods: Sequence[Mapping[str, Any]]
    ) -> None:
        lines = list(periods) if data is None else list(_lines(data, self.most))
        zone = next((str(line["zone"]) for line in reversed(lines) if line["zone"]), "")
        self._lines = [*lines[: self.most], {**EMPTY, "zone": zone}]
        super().__init__(None if data is None else self._as_data(data))
        for index, line in enumerate(self._lines):
            self.fields |= self._fields(index, line)

    @property
    def lines(self) -> Iterator[PeriodLine]:
        for index in range(len(self._lines)):
            days, opens, closes, zone = (self[f"{name}_{index}"] for name in EMPTY)
            yield PeriodLine(index, days, opens, closes, zone, index < len(self._lines) - 1)

    @property
    def given_periods(self) -> list[dict[str, Any]]:
        return [
            {name: self.cleaned_data[f"{name}_{index}"] for name in EMPTY}
            for index in range(len(self._lines) - 1)
        ]

    def _fields(self, index: int, line: Mapping[str, Any]) -> dict[str, forms.Field]:
        clock, zone = {"type": "time"}, {"list": "zones", "autocomplete": "off", "size": 24}
        return {
            f"days_{index}": forms.MultipleChoiceField(
                label=_("Days"),
                choices=list(zip(DAYS, _DAY_NAMES, strict=True)),
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=line["days"],
            ),
            f"opens_{index}": _text(self.opens_label, line["opens"], clock),
            f"closes_{index}": _text(self.closes_label, line["closes"], clock),
            f"zone_{index}": _text(_("Time zone"), line["zone"], zone),
        }

    def _as_data(self, data: QueryDict) -> QueryDict:
        """As if the lines had been sent in this order."""
        found = QueryDict(mutable=True)
        for name in self.base_fields:
            found[name] = data.get(name, "")
        for index, line in enumerate(self._lines):
            for name in EMPTY:
                value = line[name]
                found.setlist(f"{name}_{index}", value if isinstance(value, list) else [value])
        return found


def _text(label: Any, initial: str, attributes: dict[str, Any]) -> forms.Field:
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(
        label=label, required=False, max_length=60, initial=initial, widget=widget
    )


def _lines(data: QueryDict, most: int) -> Iterable[dict[str, Any]]:
    """Those in which something was typed, but for the one that is to be removed."""
    for index in range(most + 1):
        line: dict[str, Any] = {
            name: data.get(f"{name}_{index}", "") for name in ("opens", "closes", "zone")
        }
        line["days"] = data.getlist(f"days_{index}")
        typed = line["days"] or line["opens"] or line["closes"]
        if typed and data.get("without") != str(index):
            yield line
