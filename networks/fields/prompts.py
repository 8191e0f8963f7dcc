"""Prompts, and the terminals where they are typed: see `networks.fields`."""

from __future__ import annotations

from functools import partial

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.languages import language_choices, language_problem
from networks import banned_words
from networks.forms.inputs import LinesField, SettingsInput

from .declaration import NetworkField, number_field
from .problems import (
    attract_prompts_problem,
    banned_words_problem,
    key_problem,
    text_problem,
)

MAX_PROMPT_LENGTH = 10_000
MAX_HINT_LENGTH = 100

PROMPT_FIELDS: list[NetworkField] = [
    number_field(
        name="prompt_max",
        example=2000,
        least=1,
        most=MAX_PROMPT_LENGTH,
        sentence=_("A prompt may have from %(least)s to %(most)s characters."),
        label=_("Longest prompt"),
    ),
    NetworkField(
        name="attract_prompts",
        type=list[str],
        example=["a bell under water"],
        problem=attract_prompts_problem,
        depends_on=("prompt_max", "banned_words"),
        input=SettingsInput(
            LinesField,
            label=_("Prompts for when nobody types"),
            max_length=20_000,
            help_text=_(
                "One prompt a line. Whoever presses the button without a word starts one of them."
            ),
        ),
    ),
    NetworkField(
        name="banned_words",
        type=list[str],
        answer_type=list[str] | None,
        description="Whole words and phrases; `kill*` is a beginning.",
        answer_description="Null for those who only look.",
        example=["timetable*"],
        normalize=banned_words.normalize,
        problem=banned_words_problem,
        input=SettingsInput(
            LinesField,
            label=_("Banned words"),
            max_length=60_000,
            help_text=_(
                "One a line: a word, a phrase, or a beginning with a star (kill*). Found whole, "
                "whatever the capitals and accents."
            ),
        ),
        is_private=True,
    ),
    NetworkField(
        name="language_hint",
        type=str,
        description="A line for visitors, under what they type.",
        example="German or English.",
        normalize=str.strip,
        problem=text_problem(_("A hint"), most=MAX_HINT_LENGTH),
        input=SettingsInput(
            forms.CharField,
            label=_("Hint for visitors"),
            required=False,
            max_length=MAX_HINT_LENGTH,
            help_text=_("A line under what they type: “German or English”, “one sentence”."),
        ),
    ),
    NetworkField(
        name="terminal_language",
        type=str,
        description="Of the terminal's page, by its code; empty = that of the browser.",
        example="fr",
        problem=lambda value, values: language_problem(value),
        input=SettingsInput(
            forms.ChoiceField,
            label=_("Language of the terminal"),
            choices=partial(language_choices, _("That of the visitor's browser")),
            required=False,
        ),
    ),
    NetworkField(
        name="panic_key",
        type=str,
        description="On its terminals this key presses the panic button, wherever the focus is.",
        example="F13",
        normalize=str.strip,
        problem=key_problem,
        input=SettingsInput(
            forms.CharField,
            label=_("Key of the panic button"),
            required=False,
            max_length=20,
            help_text=_(
                "What a USB button at the terminal types: F13 to F24 are on no keyboard. Enter, Space, or one "
                "character go too, but not while words are typed."
            ),
        ),
    ),
]
