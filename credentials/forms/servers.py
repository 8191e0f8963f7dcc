"""The forms of the pages for admins. What may be in them is decided in `credentials.model_servers`."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials.models import Server, UploadedWorkflow
from lib.forms import CheckedForm
from platforms.base import Modality

MAX_WORKFLOW_BYTES = 1_000_000
PASSWORD = forms.PasswordInput(attrs={"autocomplete": "off"})


class ServerForm(CheckedForm):
    """A new server."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            ("compatible", _("OpenAI-compatible: Ollama, vLLM, llama.cpp, inference.net …")),
            ("comfyui", "ComfyUI"),
        ],
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Its models carry it for good; it can be shown differently later."),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=300,
        widget=forms.URLInput(attrs={"placeholder": "http://10.0.0.2:11434/v1"}),
        help_text=_("An OpenAI-compatible one's usually ends in /v1, ComfyUI's in its port."),
    )
    key = forms.CharField(
        label=_("Key, where it wants one"),
        required=False,
        widget=PASSWORD,
        help_text=_("Kept encrypted, and never shown again."),
    )

    @property
    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ServerEditForm(CheckedForm):
    """A server that is there."""

    name = forms.CharField(label=_("Name"), max_length=60)
    address = forms.CharField(label=_("Address"), max_length=300, widget=forms.URLInput())
    enabled = forms.BooleanField(label=_("In use"), required=False)
    key = forms.CharField(
        label=_("Another key"),
        required=False,
        widget=PASSWORD,
        help_text=_("Empty: it keeps its own."),
    )
    no_key = forms.BooleanField(label=_("Take its key away"), required=False)

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


class WorkflowForm(CheckedForm):
    """A workflow to be uploaded, for one of the ComfyUI servers there are."""

    name = forms.CharField(label=_("Name"), max_length=60)
    server = forms.ChoiceField(label=_("Server"), required=False)
    workflow = forms.FileField(
        label=_("Workflow"),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text=_("As ComfyUI exports it with “Export (API)”."),
    )
    gives = forms.ChoiceField(
        label=_("Its output"),
        required=False,
        choices=[("", _("as its node tells")), *((one.value, _(one.value)) for one in Modality)],
    )
    deadline_seconds = forms.IntegerField(
        label=_("Seconds it may take"), initial=600, min_value=10, max_value=7_200
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        choices = _server_choices()
        self.fields["server"].choices = choices  # type: ignore[attr-defined]
        self.fields["server"].initial = choices[0][0]

    @property
    def possible(self) -> bool:
        """Whether there is a server to upload one for."""
        return len(self.fields["server"].choices) > 1 or bool(_named_address())  # type: ignore[attr-defined]

    def clean_workflow(self) -> object:
        file = self.cleaned_data["workflow"]
        if file.size > MAX_WORKFLOW_BYTES:
            raise forms.ValidationError(gettext("A workflow has at most a million bytes."))
        try:
            return json.loads(file.read())
        except (ValueError, RecursionError):
            raise forms.ValidationError(gettext("This file is no JSON.")) from None

    @property
    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["content"] = found.pop("workflow")
        return found | {"server": _server(found["server"])}


class WorkflowEditForm(CheckedForm):
    """A workflow that is there."""

    name = forms.CharField(label=_("Name"), max_length=60)
    server = forms.ChoiceField(label=_("Server"), required=False)
    deadline_seconds = forms.IntegerField(
        label=_("Seconds it may take"), min_value=10, max_value=7_200
    )

    def __init__(self, flow: UploadedWorkflow, data: Any = None) -> None:
        first = {
            "name": flow.name,
            "server": flow.server.public_id if flow.server else "",
            "deadline_seconds": flow.deadline_seconds,
        }
        super().__init__(data, initial=first)
        self.fields["server"].choices = _server_choices()  # type: ignore[attr-defined]

    @property
    def given(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        return found | {"server": _server(found["server"])}


def _server_choices() -> list[tuple[str, str]]:
    """The ComfyUI servers, and none of them by name."""
    rows = Server.objects.filter(kind="comfyui").by_name()
    address = _named_address()
    unnamed = f"{address} (COMFYUI_BASE_URL)" if address else gettext("the only one there is")
    return [*((one.public_id, one.name) for one in rows), ("", unnamed)]


def _named_address() -> str:
    return settings.PLATFORM_URLS.get("COMFYUI_BASE_URL") or ""


def _server(public_id: str) -> Server | None:
    return Server.objects.get(public_id=public_id) if public_id else None
