"""The prompts, slots and pacing that every side of a comparison uses."""

from __future__ import annotations

PROMPT = "A crimson lighthouse hums in the harbour while nobody watches."
NOOP_SLOTS: list[dict[str, object]] = [
    {"model": "dummy:text-to-text", "parameters": {"noop": True}}
]
SLOW_SLOTS: list[dict[str, object]] = [
    {"model": "dummy:text-to-text", "parameters": {"delay_seconds": 600}}
]


def pacing(delay_seconds: float) -> list[dict[str, float | None]]:
    """The same wait before every step."""
    return [{"until_seconds": None, "delay_seconds": delay_seconds}]
