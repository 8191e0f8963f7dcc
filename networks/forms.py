"""A network as a person edits it: its words, its rules, and the ring as a column of selects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings

from platforms import registry
from platforms.base import Model

from . import demo, rings
from .models import Network

Choices = list[tuple[str, Any]]
ROOM = 3  # empty places below the ring
LEAST = 4


class NetworkForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Saves nothing unless the ring closes, or is left empty from the start."""

    attract = forms.CharField(
        label="Said when nobody types",
        help_text="One prompt a line. Whoever presses the button without a word starts one of them.",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        max_length=20_000,
    )

    class Meta:
        model = Network
        fields = ["name", "description", "public", "open_terminal", "lockout_seconds"]
        labels = {
            "public": "Anybody may watch",
            "open_terminal": "Anybody may type, without a code",
            "lockout_seconds": "Seconds until the next words are accepted",
        }
        help_texts = {
            "description": "Markdown is welcome.",
            "open_terminal": "Only while it is public.",
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attract"].initial = "\n".join(self.instance.attract_prompts)
        self.fields["lockout_seconds"].widget.attrs["max"] = 86_400
        ring = self.instance.ring
        for position in range(max(len(ring) + ROOM, LEAST)):
            current = ring[position].model if position < len(ring) else ""
            self.fields[f"slot_{position}"] = forms.ChoiceField(
                label=f"Slot {position}", choices=_choices(current), initial=current, required=False
            )

    # For the template

    def words(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith("slot_")]

    def places(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("slot_")]

    # Checking

    def clean_lockout_seconds(self) -> int:
        seconds = int(self.cleaned_data["lockout_seconds"])
        if seconds > 86_400:
            raise forms.ValidationError("At most 86,400 seconds, which is a day.")
        return seconds

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.slots = list(self._chosen(cleaned))
        if self.slots or self.instance.slots:
            for problem in rings.problems(self.slots, registry.get_model):
                self.add_error(None, problem)
        return cleaned

    def _chosen(self, cleaned: dict[str, Any]) -> Iterator[rings.Slot]:
        """The ring as it was picked; whoever stays in place keeps its parameters."""
        before = self.instance.ring
        for position, field in enumerate(self.places()):
            model = cleaned.get(field.name)
            if not model:
                continue
            same = position < len(before) and before[position].model == model
            yield before[position] if same else rings.Slot(model)

    def save(self, commit: bool = True) -> Network:
        self.instance.slots = [slot.as_json() for slot in self.slots]
        lines = self.cleaned_data["attract"].splitlines()
        self.instance.attract_prompts = [line.strip() for line in lines if line.strip()]
        network: Network = super().save(commit)
        return network


class NewNetworkForm(NetworkForm):
    """The same with a ring to begin with: a demo's, or one's own."""

    begin_with = forms.ChoiceField(
        label="Begin with",
        help_text="A ring that works, to be changed later; or pick models below.",
        required=False,
    )
    field_order = ["name", "begin_with", "description"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rings_there = [(one.name, f"the ring of {one.name}") for one in demo.DEMOS]
        self.fields["begin_with"].choices = [("", "the models picked below"), *rings_there]  # type: ignore[attr-defined]

    def _chosen(self, cleaned: dict[str, Any]) -> Iterator[rings.Slot]:
        wanted = cleaned.get("begin_with")
        if found := next((one for one in demo.DEMOS if one.name == wanted), None):
            yield from map(rings.Slot.from_json, found.slots)
        else:
            yield from super()._chosen(cleaned)


def _choices(current: str) -> Choices:
    """Every model by platform; what stands there already stays, even if it is gone or hidden."""
    groups: Choices = [("", "nothing")]
    known = False
    for platform in registry.all_platforms():
        offered = [model for model in platform.models() if _offered(model, current)]
        if offered:
            groups.append((platform.label, [(model.id, _label(model)) for model in offered]))
        known = known or any(model.id == current for model in offered)
    if current and not known:
        groups.append((current, f"{current} (gone)"))
    return groups


def _offered(model: Model, current: str) -> bool:
    return model.id == current or settings.DEBUG or not (model.hidden or model.deprecated)


def _label(model: Model) -> str:
    return f"{model.name} ({model.input} → {model.output})"
