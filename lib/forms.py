"""Forms whose rules are checked by the use case that they are for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms

from .validation import Invalid

T = TypeVar("T")


class CheckedForm(forms.Form):
    """A form that shows what a use case found wrong, at the fields it is about."""

    @property
    def given(self) -> dict[str, Any]:
        """What was typed, as the use case takes it."""
        return self.cleaned_data

    def submit(self, use_case: Callable[..., T], **more: object) -> T | None:
        """What the use case returns; None where the form is not valid, or is not afterwards."""
        if self.is_valid():
            try:
                return use_case(**more, **self.given)
            except Invalid as wrong:
                self.add_errors(wrong.errors)
        return None

    def add_errors(self, errors: Mapping[str, str]) -> None:
        for name, sentence in errors.items():
            self.add_error(name if name in self.fields else None, sentence)
