"""How one settable thing of a network is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from networks.forms.inputs import RadioInput, SettingsInput
from networks.models import Network

from .problems import choice_problem, range_problem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

OF_COLUMN: Any = object()  # the default is that of the model's column


@dataclass(frozen=True, kw_only=True)
class NetworkField:
    """One thing that can be set on a network: in the API, on the settings page, or on both."""

    name: str  # in JSON, in the form, and of the column
    type: Any  # as the API takes it
    answer_type: Any = None  # as the API gives it, where that is another type
    default: Any = OF_COLUMN  # in the API's description; callable for lists and objects
    description: str = ""  # in the API, where it takes the field
    answer_description: str = ""  # in the API, where it gives the field
    schema: Mapping[str, Any] = field(default_factory=dict)  # more of the field's JSON Schema
    example: Any

    normalize: Callable[[Any], Any] = lambda value: value  # before it is checked and stored
    # What is wrong with a value, in a sentence. The second argument has all values of the network.
    problem: Callable[[Any, Mapping[str, Any]], str] = lambda value, values: ""
    depends_on: tuple[str, ...] = ()  # checked again when one of these changes
    read: Callable[[Network], Any] | None = None  # for the API; by default the attribute
    input: SettingsInput | None = None  # on the settings page

    is_plain: bool = True  # False: networks/changes.py knows how it is set
    is_copied: bool = True  # goes into a duplicate
    is_private: bool = False  # null for those who do not control the network

    def value_of(self, network: Network) -> Any:
        return self.read(network) if self.read else getattr(network, self.name)


def number_field(
    *,
    least: int,
    most: int,
    sentence: StrPromise,
    label: StrOrPromise,
    help_text: StrOrPromise = "",
    **options: Any,
) -> NetworkField:
    """A whole number. `sentence` says between what (`%(least)s`, `%(most)s`); `options` are those of NetworkField."""
    return NetworkField(
        type=int,
        problem=range_problem(least, most, sentence),
        input=SettingsInput(
            forms.IntegerField, label=label, help_text=help_text, min_value=least, max_value=most
        ),
        **options,
    )


def choice_field(
    *, choices: type[models.TextChoices], sentence: StrPromise, label: StrOrPromise, **options: Any
) -> NetworkField:
    """One of a few words. `sentence` says which there are (`%(known)s`); `options` are those of NetworkField."""
    return NetworkField(
        type=str,
        schema={"enum": list(choices.values)},
        problem=choice_problem(choices, sentence),
        input=RadioInput(label, choices.choices),
        **options,
    )
