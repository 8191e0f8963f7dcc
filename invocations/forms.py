"""What a reader asks of the runs that have been."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from networks.fields import is_legible
from networks.models import Network, Person

from .models.rating import STARS
from .past import Wanted
from .states import RunState

NETWORKS_MOST = 200
_LAST_DAY = date(9000, 1, 1)


def _date(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class RunFilter(forms.Form):
    """Read from the address, so that what was found can be kept and sent to somebody."""

    q = forms.CharField(
        label="Words",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "lighthouse"}),
    )
    network = forms.ChoiceField(label="Network", required=False)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "any"), *((s, s) for s in RunState.values)]
    )
    rating = forms.TypedChoiceField(
        label="Rating",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "any"), *((n, f"{n} and more" if n < STARS[-1] else f"{n}") for n in STARS)],
    )
    since = _date("From")
    until = _date("To")

    def __init__(self, *args: Any, networks: list[Network] | None, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "filter-%s", **kwargs})
        if networks is None:
            del self.fields["network"]
        else:
            choices = [(network.slug, network.name) for network in networks]
            self.fields["network"].choices = [("", "any"), *choices]  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        words: str = self.cleaned_data["q"]
        if words and not is_legible(words):
            raise forms.ValidationError("Search for text.")
        return words

    @property
    def wanted(self) -> Wanted:
        """What is asked; of a field that says nothing sensible, nothing."""
        self.full_clean()
        given = self.cleaned_data
        return Wanted(
            words=given.get("q") or "",
            state=given.get("state") or "",
            since=_midnight(given.get("since")),
            until=_midnight(given.get("until"), days=1),
            stars=given.get("rating"),
        )

    @property
    def slug(self) -> str:
        """The network that is asked for, if one is."""
        return self.cleaned_data.get("network") or ""

    @property
    def asks(self) -> bool:
        return any(self.cleaned_data.values())


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The beginning of the day, or of one that follows it."""
    if day is None:
        return None
    return datetime.combine(min(day, _LAST_DAY), time.min, UTC) + timedelta(days=days)


class ImportForm(forms.Form):
    """A bundle, and where it is to hang."""

    bundle = forms.FileField(
        label="Bundle",
        help_text="The zip file that “Export” gives, here or elsewhere.",
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )
    network = forms.ModelChoiceField(
        label="Into the archive of",
        queryset=Network.objects.none(),
        to_field_name="slug",
        help_text="It is kept as a run of old: it never goes on, and costs nothing.",
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["network"]
        choice.queryset = Network.objects.controlled_by(person).order_by("name")
        choice.label_from_instance = lambda network: network.name
