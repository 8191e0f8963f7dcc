"""What a network begins with. Its words and rules have a page of their own, and so has its ring."""

from __future__ import annotations

from django import forms

from .models import Network


class NewNetworkForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Network
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})}
