"""How the settings page shows a field of a network: the inputs it is made of, and its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EMPTY_PACING_STEPS = 2  # rows for new steps below those there are


class SettingsInput:
    """A field with one input: a form field's class with its arguments."""

    def __init__(
        self, field: type[forms.Field], *, template: str = "components/_field.html", **options: Any
    ) -> None:
        self._field, self._options = field, options
        self.template = template

    def form_fields(self, name: str, value: Any) -> dict[str, forms.Field]:
        """The form fields by their names, filled with what the network has now."""
        return {name: self._field(**self._options, initial=value)}

    def read(self, name: str, cleaned: Mapping[str, Any]) -> Any:
        """The value as the API would take it, from the cleaned form."""
        return cleaned[name]


class SwitchInput(SettingsInput):
    """A field that is on or off."""

    def __init__(self, label: StrOrPromise, help_text: StrOrPromise = "") -> None:
        super().__init__(forms.BooleanField, label=label, required=False, help_text=help_text)


class RadioInput(SettingsInput):
    """A field that is one of a few words, all of which are seen."""

    def __init__(self, label: StrOrPromise, choices: Sequence[tuple[str, StrOrPromise]]) -> None:
        template = "components/_radio_field.html"
        widget = forms.RadioSelect
        super().__init__(
            forms.ChoiceField, template=template, label=label, choices=choices, widget=widget
        )


class LinesField(forms.CharField):
    """A list of texts, one a line; empty lines are dropped."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4})
        super().__init__(required=False, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else "\n".join(value)

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class BudgetInputs(SettingsInput):
    """One number for each budget; empty means no limit."""

    def __init__(self, labels: Mapping[str, StrOrPromise]) -> None:
        self._labels = labels
        self.template = "networks/_budget_fields.html"

    def form_fields(self, name: str, value: Any) -> dict[str, forms.Field]:
        return {
            budget: self._number(label, value.get(budget)) for budget, label in self._labels.items()
        }

    def read(self, name: str, cleaned: Mapping[str, Any]) -> Any:
        return {budget: cleaned[budget] for budget in self._labels}

    def _number(self, label: StrOrPromise, value: float | None) -> forms.Field:
        field = forms.FloatField(
            label=label, required=False, initial=_short(value), validators=[_check_positive]
        )
        field.widget.attrs |= {"min": 0, "step": "any", "placeholder": gettext("no limit")}
        return field


class PacingInputs(SettingsInput):
    """Two numbers a step: until which minute of the run, and how many seconds between steps."""

    def __init__(self) -> None:
        self.template = "networks/_pacing_fields.html"

    def form_fields(self, name: str, value: Any) -> dict[str, forms.Field]:
        found = {}
        for number, (until, delay) in enumerate(_padded(value)):
            minutes = None if until is None else _short(until / 60)
            step = {"number": number + 1}
            until_label = gettext("Until the run is this many minutes old, pacing step %(number)d")
            delay_label = gettext("Seconds between steps, pacing step %(number)d")
            found[f"until_{number}"] = self._number(
                until_label % step, minutes, gettext("for ever")
            )
            found[f"delay_{number}"] = self._number(delay_label % step, _short(delay), "")
        return found

    def read(self, name: str, cleaned: Mapping[str, Any]) -> Any:
        return list(self._steps(cleaned))

    def _steps(self, cleaned: Mapping[str, Any]) -> Iterator[dict[str, float | None]]:
        """Those rows in which something was typed; minutes become seconds."""
        number = 0
        while f"until_{number}" in cleaned:
            minutes, delay = cleaned[f"until_{number}"], cleaned[f"delay_{number}"]
            if minutes is not None or delay is not None:
                seconds = None if minutes is None else _short(minutes * 60)
                yield {"until_seconds": seconds, "delay_seconds": _short(delay)}
            number += 1

    def _number(self, label: str, value: float | None, placeholder: str) -> forms.Field:
        attributes = {"step": "any", "aria-label": label, "placeholder": placeholder}
        widget = forms.NumberInput(attrs=attributes)
        return forms.FloatField(required=False, min_value=0, initial=value, widget=widget)


def _padded(steps: Sequence[Mapping[str, Any]]) -> Iterator[tuple[float | None, float | None]]:
    for step in steps:
        yield step.get("until_seconds"), step.get("delay_seconds")
    yield from [(None, None)] * EMPTY_PACING_STEPS


def _check_positive(limit: float) -> None:
    if not limit > 0:
        raise ValidationError(gettext("More than nothing; or leave it empty for no limit."))


def _short(value: float | None) -> float | int | None:
    """Whole numbers without a fraction."""
    return int(value) if value is not None and value == int(value) else value
