"""The form of a farm worker. What may be in it is decided in `farm.workers`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from farm.models import FarmWorker
from farm.workers import MAX_WINDOWS, requestable
from lib.forms import CheckedForm
from networks.forms.periods import PeriodsForm


class WorkerForm(CheckedForm):
    """A worker that is there."""

    name = forms.CharField(label=_("Name"), max_length=60)
    tags = forms.CharField(
        label=_("Tags"),
        max_length=400,
        required=False,
        help_text=_("Words with commas between them."),
    )

    def __init__(self, worker: FarmWorker, data: Any = None) -> None:
        super().__init__(data, initial={"name": worker.name, "tags": ", ".join(worker.tags)})

    @property
    def given(self) -> dict[str, Any]:
        return {**self.cleaned_data, "tags": self.cleaned_data["tags"].split(",")}


class WorkerStatusForm(CheckedForm):
    """What a worker is asked to be: apart from its name, as who renames it asks nothing of it."""

    requested_status = forms.ChoiceField(
        label=_("It is to be"),
        help_text=_("It is so once the worker has said so."),
    )
    lazy = forms.BooleanField(label=_("It may finish what it has begun"), required=False)

    def __init__(self, worker: FarmWorker, data: Any = None) -> None:
        asked = worker.requested_status or worker.status
        choices = requestable(worker)
        first = asked if asked in choices else choices[0]
        super().__init__(data, initial={"requested_status": first, "lazy": worker.lazy})
        self.fields["requested_status"].choices = [(one.value, one.label) for one in choices]  # type: ignore[attr-defined]


class SleepForm(PeriodsForm):
    """When a worker is to sleep."""

    opens_label, closes_label, most = _("It falls asleep"), _("It wakes"), MAX_WINDOWS

    def __init__(self, worker: FarmWorker, data: QueryDict | None = None) -> None:
        super().__init__(data, periods=worker.sleep_windows)

    @property
    def given(self) -> dict[str, Any]:
        return {"sleep_windows": self.given_periods}
