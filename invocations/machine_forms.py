"""The forms of the pages for admins. What may be in them is decided in `invocations.machines`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from platforms.base import Modality
from platforms.models import Server

WORKFLOW_MOST = 1_000_000  # bytes
PASSWORD = forms.PasswordInput(attrs={"autocomplete": "off"})


class Blamed(forms.Form):
    """A form that is told by others what is wrong with it."""

    def blame(self, errors: Mapping[str, str]) -> None:
        for name, sentence in errors.items():
            self.add_error(name if name in self.fields else None, sentence)


class ServerForm(Blamed):
    """A new server."""

    kind = forms.ChoiceField(
        label="What is it?",
        choices=[
            ("compatible", "OpenAI-compatible: Ollama, vLLM, llama.cpp, inference.net …"),
            ("comfyui", "ComfyUI"),
        ],
    )
    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="Its models carry it for good; it can be shown differently later.",
    )
    address = forms.CharField(
        label="Address",
        max_length=300,
        widget=forms.URLInput(attrs={"placeholder": "http://10.0.0.2:11434/v1"}),
        help_text="An OpenAI-compatible one's usually ends in /v1, ComfyUI's in its port.",
    )
    key = forms.CharField(
        label="Key, where it wants one",
        required=False,
        widget=PASSWORD,
        help_text="Kept encrypted, and never shown again.",
    )

    @property
    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ServerEditForm(Blamed):
    """A server that is there."""

    name = forms.CharField(label="Name", max_length=60)
    address = forms.CharField(label="Address", max_length=300, widget=forms.URLInput())
    enabled = forms.BooleanField(label="In use", required=False)
    key = forms.CharField(
        label="Another key", required=False, widget=PASSWORD, help_text="Empty: it keeps its own."
    )
    no_key = forms.BooleanField(label="Take its key away", required=False)

    def __init__(self, server: Server, data: Any = None) -> None:
        first = {"name": server.name, "address": server.address, "enabled": server.enabled}
        super().__init__(data, initial=first)
        if server.kind == "comfyui":
            del self.fields["key"]
        if not server.key:
            del self.fields["no_key"]

    @property
    def given(self) -> dict[str, Any]:
        found = {name: self.cleaned_data[name] for name in ("name", "address", "enabled")}
        if self.cleaned_data.get("no_key"):
            return {**found, "key": ""}
        key = self.cleaned_data.get("key")
        return {**found, "key": key} if key else found


class WorkflowForm(Blamed):
    """A workflow to be uploaded, for one of the ComfyUI servers there are."""

    name = forms.CharField(label="Name", max_length=60)
    server = forms.ChoiceField(label="Server")
    workflow = forms.FileField(
        label="Workflow",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text="As ComfyUI exports it with “Export (API)”.",
    )
    gives = forms.ChoiceField(
        label="Its output",
        required=False,
        choices=[("", "as its node tells"), *((one.value, one.value) for one in Modality)],
    )
    deadline_seconds = forms.IntegerField(
        label="Seconds it may take", initial=600, min_value=10, max_value=7_200
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        rows = Server.objects.filter(kind="comfyui").by_name()
        choices = [(one.public_id, one.name) for one in rows]
        if address := settings.PLATFORM_URLS.get("COMFYUI_BASE_URL"):
            choices.append(("", f"{address} (COMFYUI_BASE_URL)"))
            self.fields["server"].required = False
        self.fields["server"].choices = choices  # type: ignore[attr-defined]

    @property
    def possible(self) -> bool:
        """Whether there is a server to upload one for."""
        return bool(self.fields["server"].choices)  # type: ignore[attr-defined]

    def clean_workflow(self) -> object:
        file = self.cleaned_data["workflow"]
        if file.size > WORKFLOW_MOST:
            raise forms.ValidationError("A workflow has at most a million bytes.")
        try:
            return json.loads(file.read())
        except (ValueError, RecursionError):
            raise forms.ValidationError("This file is no JSON.") from None

    @property
    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["content"] = found.pop("workflow")
        public_id = found["server"]
        found["server"] = Server.objects.get(public_id=public_id) if public_id else None
        return found
