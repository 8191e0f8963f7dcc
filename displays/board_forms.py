"""The forms of the boards' pages. What may be in them is decided in `displays.boards`."""

from __future__ import annotations

from django import forms

from invocations.machine_forms import Blamed

SECRET = forms.PasswordInput(attrs={"autocomplete": "off"})


class BoardForm(Blamed):
    """A new board."""

    name = forms.CharField(
        label="Name",
        max_length=50,
        help_text="Letters, digits, hyphens and underscores, such as panic_1: displays name it.",
    )
    key = forms.CharField(
        label="Read / Write key",
        widget=SECRET,
        help_text="From the board's app. Kept encrypted, and never shown again.",
    )


class BoardEditForm(Blamed):
    """A board that is there."""

    name = forms.CharField(label="Name", max_length=50)
    key = forms.CharField(
        label="Another key", required=False, widget=SECRET, help_text="Empty: it keeps its own."
    )


class MessageForm(Blamed):
    """A text to try a board with."""

    text = forms.CharField(
        label="Text",
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2_000}),
        help_text="Six rows of 22. What is longer ends at a word.",
    )
