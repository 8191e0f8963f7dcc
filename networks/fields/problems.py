"""What is wrong with a value of a network's field, in a sentence; empty is right. See `networks.fields`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext

from lib.keyboard import KEY_PROBLEM, is_key
from lib.sentences import join_with_and
from lib.validation import is_blank, is_legible
from networks import banned_words, pacing
from networks.models import PerturbationPolicy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise

MAX_PACING_STEPS = 20
MAX_ATTRACT_PROMPTS = 100
MAX_PERTURBATION_SENTENCES, MAX_PERTURBATION_LENGTH = 100, 200
MAX_BUDGET = 1_000_000_000.0


def text_problem(
    what: StrPromise, *, most: int, empty: StrOrPromise = "", lines: bool = False
) -> Callable[[str, object], str]:
    """Checks a text of at most so many characters; `empty` is said of one without any."""

    def problem(value: str, values: object) -> str:
        if empty and not value.strip():
            return str(empty)
        if len(value) > most:
            sentence = gettext("%(what)s has at most %(most)s characters.")
            return sentence % {"what": what, "most": _grouped(most)}
        if is_legible(value) and (lines or "\n" not in value):
            return ""
        if lines:
            return gettext("%(what)s is text without control characters.") % {"what": what}
        return gettext("%(what)s is one line of text.") % {"what": what}

    return problem


def _grouped(number: int) -> str:
    """As the reader's language writes it: 10,000 or 10 000."""
    return number_format(number, force_grouping=True)


def range_problem(least: int, most: int, sentence: StrPromise) -> Callable[[int, object], str]:
    """The sentence has `%(least)s` and `%(most)s`."""
    limits = {"least": least, "most": most}

    def problem(value: int, values: object) -> str:
        if least <= value <= most:
            return ""
        return str(sentence) % {name: _grouped(limit) for name, limit in limits.items()}

    return problem


def pacing_problem(value: Sequence[pacing.Step], values: object) -> str:
    if len(value) > MAX_PACING_STEPS:
        return gettext("At most %(most)d pacing steps fit.") % {"most": MAX_PACING_STEPS}
    return " ".join(pacing.problems(value))


def budgets_problem(value: Mapping[str, float | None], values: object) -> str:
    wrong = [
        name for name, limit in value.items() if limit is not None and not 0 < limit <= MAX_BUDGET
    ]
    sentence = gettext("%(names)s must be a positive number, or null for no limit.")
    return sentence % {"names": join_with_and(wrong)} if wrong else ""


def choice_problem(
    choices: type[models.TextChoices], sentence: StrPromise
) -> Callable[[str, object], str]:
    """The sentence has `%(known)s`."""

    def problem(value: str, values: object) -> str:
        return (
            "" if value in choices.values else str(sentence) % {"known": ", ".join(choices.values)}
        )

    return problem


def perturbation_sentences_problem(value: Sequence[str], values: Mapping[str, Any]) -> str:
    if len(value) > MAX_PERTURBATION_SENTENCES:
        sentence = gettext("At most %(most)d sentences fit.")
        return sentence % {"most": MAX_PERTURBATION_SENTENCES}
    for number, one in enumerate(value, 1):
        if is_blank(one) or len(one) > MAX_PERTURBATION_LENGTH or not is_legible(one):
            sentence = gettext("Sentence %(number)d must be text of 1 to %(most)s characters.")
            return sentence % {"number": number, "most": MAX_PERTURBATION_LENGTH}
    if not value and values["perturbation"] == PerturbationPolicy.SENTENCES:
        return gettext("Write at least one sentence.")
    return ""


def attract_prompts_problem(value: Sequence[str], values: Mapping[str, Any]) -> str:
    longest: int = values["prompt_max"]
    if len(value) > MAX_ATTRACT_PROMPTS:
        return gettext("At most %(most)d attract prompts fit.") % {"most": MAX_ATTRACT_PROMPTS}
    for number, prompt in enumerate(value, 1):
        if is_blank(prompt) or len(prompt) > longest or not is_legible(prompt):
            sentence = gettext(
                "Attract prompt %(number)d must be text of 1 to %(most)s characters."
            )
            return sentence % {"number": number, "most": _grouped(longest)}
        if word := banned_words.find_in(prompt, values["banned_words"]):
            sentence = gettext("Attract prompt %(number)d says “%(word)s”, which is banned here.")
            return sentence % {"number": number, "word": word}
    return ""


def banned_words_problem(value: Sequence[str], values: object) -> str:
    if not all(is_legible(word) for word in value):
        return gettext("A banned word is text without control characters.")
    return banned_words.problem(list(value))


def key_problem(value: str, values: object) -> str:
    return "" if not value or is_key(value) else gettext(KEY_PROBLEM)
