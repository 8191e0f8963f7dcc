"""What a worker says of its machine when it signs on, in words. It may say anything: what has another form is passed
over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, ngettext

MAX_NAMED = 8  # graphics cards, or checks
MAX_WORDS = 300  # characters
MAX_NUMBER = 1 << 60


def hardware_of(specs: Mapping[str, Any]) -> dict[str, Any]:
    """What of it is hardware, in one form: equal for machines that are alike. Empty where nothing is."""
    found: dict[str, Any] = {
        name: number for name in ("cpus", "memory_bytes") if (number := _number(specs.get(name)))
    }
    cards = [
        {"name": str(card.get("name", ""))[:MAX_WORDS], "memory_bytes": memory}
        if (memory := _number(card.get("memory_bytes")))
        else {"name": str(card.get("name", ""))[:MAX_WORDS]}
        for card in _entries(specs.get("gpus"))
    ]
    return found | ({"gpus": cards} if cards else {})


def hardware_words(specs: Mapping[str, Any]) -> list[str]:
    """Processors, memory, graphics cards."""
    found = []
    if cpus := _number(specs.get("cpus")):
        said = ngettext("%(count)d processor", "%(count)d processors", cpus)
        found.append(said % {"count": cpus})
    if memory := _number(specs.get("memory_bytes")):
        found.append(gettext("%(size)s of memory") % {"size": filesizeformat(memory)})
    for card in _entries(specs.get("gpus")):
        size = _number(card.get("memory_bytes"))
        name = str(card.get("name", ""))[:MAX_WORDS]
        found.append(f"{name} ({filesizeformat(size)})" if size else name)
    return found


def failed_checks(self_test: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What of its self-test has failed, and the sentences that it says of that."""
    checks = [one for one in _entries(self_test.get("checks")) if one.get("ok") is False]
    return [
        (str(one.get("name", ""))[:60], str(one.get("sentence", ""))[:MAX_WORDS]) for one in checks
    ]


def _number(value: object) -> int:
    """0 where it is none."""
    return value if isinstance(value, int) and 0 < value < MAX_NUMBER else 0


def _entries(value: object) -> Sequence[Mapping[str, Any]]:
    found = value if isinstance(value, list) else []
    return [one for one in found if isinstance(one, dict)][:MAX_NAMED]
