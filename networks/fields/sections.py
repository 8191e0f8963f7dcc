"""The sections of a network's settings page, in order, and which fields are in each."""

from __future__ import annotations

from django.utils.translation import gettext_noop

SECTIONS: dict[str, list[str]] = {  # the titles are translated when they are shown
    gettext_noop("Name and description"): ["name", "slug", "description"],
    gettext_noop("Access"): ["public", "open_terminal"],
    gettext_noop("Prompts"): [
        *("prompt_max", "language_hint", "terminal_language"),
        "banned_words",
        "attract_prompts",
        "panic_key",
    ],
    gettext_noop("Pace"): ["lockout_seconds", "pacing"],
    gettext_noop("Opening hours"): ["pace_to_closing", "start_at_opening", "warm_up_minutes"],
    gettext_noop("Limits"): ["budgets"],
    gettext_noop("Declined steps"): ["refusal_policy"],
    gettext_noop("Stuck runs"): ["perturbation", "perturbation_sentences"],
    gettext_noop("Farm"): ["farm_tag", "farm_patience_seconds", "farm_priority"],
    gettext_noop("Walls"): ["caption", "replay"],
}
