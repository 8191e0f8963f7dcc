"""A press of the button at a display: on a kiosk without a terminal, or beside a wall."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from invocations import prompts, runs
from invocations.models import Run
from invocations.prompts import BadPrompt
from networks.models import Network


def start_attract_prompt(*, network: Network, by: User | None, at: datetime) -> Run:
    """A run of one of the network's own prompts. Raises BadPrompt where it has none, StartRefused."""
    key = secrets.token_urlsafe(12)
    prompt = prompts.attract_prompt(network, key)
    if not prompt:
        raise BadPrompt(
            _("This network has no prompts of its own: its owner adds them in the settings.")
        )
    return runs.start_run(network=network, prompt=prompt, started_by=by, client_key=key, at=at).run
