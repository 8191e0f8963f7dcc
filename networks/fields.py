"""What may be set on a network: one sentence for every field that may not be as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from platforms import parameters, registry
from platforms.registry import UnknownModel

from . import banned, pacing, rings
from .models import RefusalPolicy

LOCKOUT_MOST = 86_400  # a day
PROMPT_MOST = 10_000  # characters
SLOTS_MOST = 100
ATTRACT_MOST = 100
HINT_MOST = 100  # characters
BUDGET_MOST = 1_000_000_000.0
BUDGETS = ("usd_per_day", "calls_per_hour", "laps_per_run", "hours_per_run")


class Invalid(Exception):
    """Nothing was saved: `errors` has a sentence per field, `problems` all that ails the ring."""

    def __init__(self, errors: Mapping[str, str], problems: Sequence[str] = ()) -> None:
        super().__init__(" ".join([*problems, *errors.values()]))
        self.errors = dict(errors)
        self.problems = list(problems)


def check(
    values: Mapping[str, Any],
    ring: Sequence[rings.Slot] | None,
    *,
    prompt_max: int,
    banned_words: Sequence[str] = (),
) -> None:
    """Raises Invalid with everything that is wrong; `ring` is None where it is not to be set."""
    found = {name: rule(values[name]) for name, rule in RULES.items() if name in values}
    if "attract_prompts" in values:
        prompts = values["attract_prompts"]
        found["attract_prompts"] = _attract_prompts(prompts, prompt_max, banned_words)
    errors = {name: sentence for name, sentence in found.items() if sentence}
    problems = ring_problems(ring) if ring is not None else []
    if errors or problems:
        raise Invalid(errors, problems)


def ring_problems(ring: Sequence[rings.Slot]) -> list[str]:
    """Why this ring cannot be saved, in words: its models, its order, its parameters."""
    if len(ring) > SLOTS_MOST:
        return [f"The ring has {len(ring):,} slots; at most {SLOTS_MOST} fit."]
    found = rings.problems(ring, registry.get_model)
    for position, slot in enumerate(ring):
        found += [f"Slot {position}: {sentence}" for sentence in _parameter_problems(slot)]
    return found


def _parameter_problems(slot: rings.Slot) -> list[str]:
    try:
        model = registry.get_model(slot.model)
    except UnknownModel:
        return []
    if not all(is_legible(text) for text in _texts(slot.parameters)):
        return ["the parameters contain control characters."]
    schema = {"additionalProperties": False, **model.parameters}
    return parameters.problems(schema, slot.parameters)


def _texts(value: object) -> Iterable[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield str(key)
            yield from _texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)


def is_legible(text: str) -> bool:
    """No control characters but line breaks and tabs, and no halves of surrogate pairs."""
    return not any(
        unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\r\n\t" for sign in text
    )


def _name(value: str) -> str:
    if not value.strip():
        return "Give it a name."
    if len(value) > 100:
        return "A name has at most 100 characters."
    return "" if is_legible(value) and "\n" not in value else "A name is one line of text."


def _description(value: str) -> str:
    if len(value) > 10_000:
        return "A description has at most 10,000 characters."
    return "" if is_legible(value) else "A description is text without control characters."


def _lockout(value: int) -> str:
    fits = 0 <= value <= LOCKOUT_MOST
    return "" if fits else f"The lockout lasts from 0 to {LOCKOUT_MOST:,} seconds."


def _prompt_max(value: int) -> str:
    fits = 1 <= value <= PROMPT_MOST
    return "" if fits else f"A prompt may have from 1 to {PROMPT_MOST:,} characters."


def _pacing(value: Sequence[pacing.Step]) -> str:
    if len(value) > 20:
        return "At most 20 pacing steps fit."
    return " ".join(pacing.problems(value))


def _budgets(value: Mapping[str, float | None]) -> str:
    wrong = [
        name for name, limit in value.items() if limit is not None and not 0 < limit <= BUDGET_MOST
    ]
    if not wrong:
        return ""
    return f"{' and '.join(wrong)} must be a positive number, or null for no limit."


def _policy(value: str) -> str:
    fits = value in RefusalPolicy.values
    return "" if fits else f"The refusal policy is one of {', '.join(RefusalPolicy.values)}."


def _attract_prompts(value: Sequence[str], longest: int, banned_words: Sequence[str]) -> str:
    if len(value) > ATTRACT_MOST:
        return f"At most {ATTRACT_MOST} attract prompts fit."
    for number, prompt in enumerate(value):
        if not prompt.strip() or len(prompt) > longest or not is_legible(prompt):
            return f"Attract prompt {number} must be text of 1 to {longest:,} characters."
        if word := banned.found_in(prompt, banned_words):
            return f"Attract prompt {number} says “{word}”, which is banned here."
    return ""


def _banned_words(value: Sequence[str]) -> str:
    if not all(is_legible(word) for word in value):
        return "A banned word is text without control characters."
    return banned.problem(list(value))


def _language_hint(value: str) -> str:
    if len(value) > HINT_MOST or "\n" in value or not is_legible(value):
        return f"A hint is one line of at most {HINT_MOST} characters."
    return ""


RULES: Mapping[str, Callable[[Any], str]] = {
    "name": _name,
    "description": _description,
    "lockout_seconds": _lockout,
    "prompt_max": _prompt_max,
    "pacing": _pacing,
    "budgets": _budgets,
    "refusal_policy": _policy,
    "banned_words": _banned_words,
    "language_hint": _language_hint,
}
