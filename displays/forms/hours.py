"""The form of an installation's opening hours. What may be in them is decided in `displays.hours_settings`."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from displays.hours_settings import MAX_PERIODS
from displays.models import Installation
from networks.forms.inputs import LinesField
from networks.forms.periods import PeriodsForm


class HoursForm(PeriodsForm):
    """The periods, and the dates on which it does not open."""

    opens_label, closes_label, most = _("Opens"), _("Closes"), MAX_PERIODS

    closed_on = LinesField(
        label=_("Closed on"),
        max_length=10_000,
        help_text=_("One date a line, such as 2026-12-25: it does not open on these days."),
    )

    def __init__(self, data: QueryDict | None = None, *, installation: Installation) -> None:
        super().__init__(data, periods=installation.opening_hours)
        self.fields["closed_on"].initial = installation.closed_on

    @property
    def given(self) -> dict[str, Any]:
        return {
            "opening_hours": self.given_periods,
            "closed_on": self.cleaned_data["closed_on"],
        }
