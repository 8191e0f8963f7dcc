"""A network's rules as a person edits them; what may be set is for `fields` to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from accounts.models import User

from . import banned, changes
from .fields import BUDGETS, HINT_MOST, LOCKOUT_MOST, PROMPT_MOST, Invalid
from .models import Network, RefusalPolicy

ROOM = 2  # empty pacing steps below those there are
BUDGET_LABELS = {
    "usd_per_day": "Dollars a day",
    "calls_per_hour": "Calls an hour",
    "laps_per_run": "Laps a run",
    "hours_per_run": "Hours a run",
}
# Where the fields of the network and those of the form have different names
SHOWN_AT = {"attract_prompts": "attract", "banned_words": "banned", "budgets": "usd_per_day"}
PLAIN = (
    *("name", "description", "public", "open_terminal", "lockout_seconds", "refusal_policy"),
    *("replay", "prompt_max", "language_hint"),
)


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class SettingsForm(forms.Form):
    """Saves all of it or nothing, and keeps what was typed."""

    name = forms.CharField(label="Name", max_length=100)
    slug = forms.CharField(
        label="Address",
        max_length=60,
        help_text="Links and codes with the old address go on working.",
    )
    description = forms.CharField(
        label="Description",
        max_length=10_000,
        required=False,
        widget=_lines(7),
        help_text="Markdown is welcome.",
    )
    public = forms.BooleanField(label="Anybody may watch", required=False)
    open_terminal = forms.BooleanField(
        label="Anybody may type, without a code",
        required=False,
        help_text="Only while anybody may watch.",
    )
    lockout_seconds = forms.IntegerField(
        label="Lockout",
        min_value=0,
        max_value=LOCKOUT_MOST,
        help_text="Seconds after a prompt until the next one is accepted.",
    )
    usd_per_day = forms.FloatField(required=False)
    calls_per_hour = forms.FloatField(required=False)
    laps_per_run = forms.FloatField(required=False)
    hours_per_run = forms.FloatField(required=False)
    refusal_policy = forms.ChoiceField(
        label="When a model declines", choices=RefusalPolicy.choices, widget=forms.RadioSelect
    )
    replay = forms.BooleanField(label="Show earlier runs while nothing runs", required=False)
    attract = forms.CharField(
        label="Said when nobody types",
        required=False,
        max_length=20_000,
        widget=_lines(4),
        help_text="One prompt a line. Whoever presses the button without a word starts one of them.",
    )
    prompt_max = forms.IntegerField(label="Longest prompt", min_value=1, max_value=PROMPT_MOST)
    banned = forms.CharField(
        label="Words not to be said",
        required=False,
        max_length=60_000,
        widget=_lines(4),
        help_text="One a line: a word, a phrase, or a beginning with a star (kill*). Found whole, "
        "whatever the capitals and accents.",
    )
    language_hint = forms.CharField(
        label="Hint for visitors",
        required=False,
        max_length=HINT_MOST,
        help_text="A line under what they type: “German or English”, “one sentence”.",
    )

    def __init__(self, data: Any = None, *, network: Network, by: User) -> None:
        super().__init__(data, initial=dict(_initial(network)))
        self.network, self.by = network, by
        for name, label in BUDGET_LABELS.items():
            field = self.fields[name]
            field.label = label
            field.widget.attrs |= {"min": 0, "step": "any", "placeholder": "no limit"}
        for number in range(len(network.pacing) + ROOM):
            for part in ("until", "delay"):
                self.fields[f"{part}_{number}"] = forms.FloatField(
                    required=False, min_value=0, widget=_number(part, number)
                )

    # For the template

    def budgets(self) -> list[forms.BoundField]:
        return [self[name] for name in BUDGETS]

    def pacing(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        steps = len(self.network.pacing) + ROOM
        return [(self[f"until_{n}"], self[f"delay_{n}"]) for n in range(steps)]

    # Checking and saving

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in BUDGETS:
            if (limit := cleaned.get(name)) is not None and not limit > 0:
                self.add_error(name, "More than nothing; or leave it empty for no limit.")
        return cleaned

    def save(self) -> Network | None:
        """The network as it is then; None where something is wrong, which the form says."""
        if not self.is_valid():
            return None
        try:
            return changes.change(
                network=self.network,
                values=self._values(),
                slug=self.cleaned_data["slug"],
                by=self.by,
            )
        except Invalid as wrong:
            for name, sentence in wrong.errors.items():
                at = SHOWN_AT.get(name, name)
                self.add_error(at if at in self.fields else None, sentence)
            return None

    def _values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            **{name: given[name] for name in PLAIN},
            "name": given["name"].strip(),
            "pacing": list(self._steps()),
            "budgets": {name: given[name] for name in BUDGETS},
            "attract_prompts": [
                line.strip() for line in given["attract"].splitlines() if line.strip()
            ],
            "banned_words": banned.tidy(given["banned"].splitlines()),
        }

    def _steps(self) -> Iterator[dict[str, float | None]]:
        """Those rows in which something was typed; minutes become seconds."""
        for until, delay in self.pacing():
            minutes, wait = self.cleaned_data[until.name], self.cleaned_data[delay.name]
            if minutes is not None or wait is not None:
                seconds = None if minutes is None else _short(minutes * 60)
                yield {"until_seconds": seconds, "delay_seconds": _short(wait)}


def _number(part: str, number: int) -> forms.NumberInput:
    what = "Until the run is this many minutes old" if part == "until" else "Seconds between steps"
    hint = "for ever" if part == "until" else ""
    label = f"{what}, pacing step {number}"
    return forms.NumberInput(attrs={"step": "any", "aria-label": label, "placeholder": hint})


def _initial(network: Network) -> Mapping[str, Any]:
    found: dict[str, Any] = {name: getattr(network, name) for name in (*PLAIN, "slug")}
    found |= {name: _short(network.budgets.get(name)) for name in BUDGETS}
    found["attract"] = "\n".join(network.attract_prompts)
    found["banned"] = "\n".join(network.banned_words)
    for number, step in enumerate(network.pacing):
        until = step.get("until_seconds")
        found[f"until_{number}"] = None if until is None else _short(until / 60)
        found[f"delay_{number}"] = _short(step.get("delay_seconds"))
    return found


def _short(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value
