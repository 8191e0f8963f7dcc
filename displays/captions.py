"""What a wall says beside the work: the words it began with, whose it is and how to take part; and what it
says where nothing has ever run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from displays.models import Display, QrCorner, QrTarget
from invocations.models import Run
from networks.models import Network, TerminalToken
from platforms.base import Modality
from studio import tiles

MAX_CAPTION_CHARACTERS = 110  # two lines across a wall, four on one that stands upright
# Columns of which a wall shows something; `appearance` notices that they have changed
SHOWN_COLUMNS = (
    *("name", "slug", "public", "open_terminal"),
    *("caption", "replay", "slots", "attract_prompts"),
)


INFO = "info"  # as `of` in the address of a code: the network's page, whoever may type


class CodeTarget(StrEnum):
    """Where the code on a wall leads whoever scans it."""

    TERMINAL = "terminal"
    PAGE = "page"
    NOWHERE = ""  # a stranger could not follow it

    @classmethod
    def of_network(cls, network: Network) -> CodeTarget:
        if not network.public:
            return cls.NOWHERE
        return cls.TERMINAL if network.open_terminal else cls.PAGE


@dataclass(frozen=True, slots=True)
class Caption:
    """The strip below the work: `name` and `state` in small type over the run's first words."""

    name: str
    state: str
    words: str
    invites: bool
    code: str  # address of the picture of the code; empty: there is none


@dataclass(frozen=True, slots=True)
class Attraction:
    """What an idle wall shows that has nothing else to show."""

    name: str
    models: tuple[tuple[str, Modality | None], ...]
    example: str
    code: str


def caption_of_run(
    network: Network, run: Run | None, *, archived: bool, halted: bool
) -> Caption | None:
    """None where there is nothing to say, or the network's curator wants nothing said. `archived`: the
    run is shown again; `halted`: nothing starts, so nobody is invited."""
    if run is None or not network.caption:
        return None
    now = (
        pgettext("state", "stopped")
        if halted
        else _("going round now")
        if run.live
        else _("the last words")
    )
    return Caption(
        name=network.name,
        state=_("from the archive") if archived else now,
        words=tiles.shorten(run.prompt, MAX_CAPTION_CHARACTERS),
        invites=not halted and CodeTarget.of_network(network) is CodeTarget.TERMINAL,
        code="" if halted else _code_path(network),
    )


def attraction_of_network(network: Network) -> Attraction:
    described = [tiles.describe_model(slot.model) for slot in network.ring]
    return Attraction(
        name=network.name,
        models=tuple((name, output) for name, _, output in described),
        example=tiles.shorten(next(iter(network.attract_prompts), ""), MAX_CAPTION_CHARACTERS),
        code=_code_path(network) if network.caption else "",
    )


def info_code_of(display: Display) -> str:
    """The address of the picture of the code in its corner; empty where it has none, or a stranger could not
    follow it. That of the terminal changes whenever its token is renewed."""
    network = display.installation.network
    if display.qr_corner == QrCorner.NONE:
        return ""
    if display.qr_target == QrTarget.TERMINAL:
        names = [display.installation.public_id, display.name]
        return f"{reverse('display-code', args=names)}?at={code_window(timezone.now())}"
    if CodeTarget.of_network(network) is CodeTarget.NOWHERE:
        return ""
    return f"{reverse('networks:wall-code', args=[network.slug])}?of={INFO}"


def code_window(at: datetime) -> int:
    """Changes each time that the token on screens is renewed."""
    return int(at.timestamp() // TerminalToken.RENEWED.total_seconds())


def appearance(network: Network) -> object:
    """Two networks of equal appearance look the same on a wall, but for their runs."""
    return tuple(repr(getattr(network, column)) for column in SHOWN_COLUMNS)


def _code_path(network: Network) -> str:
    target = CodeTarget.of_network(network)
    return f"{reverse('networks:wall-code', args=[network.slug])}?of={target}" if target else ""
