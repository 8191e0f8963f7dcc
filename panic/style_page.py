"""Made-up data for the style page: every component in every state, to be looked at side by side."""

from __future__ import annotations

from urllib.parse import quote

Tile = dict[str, object]
PARTS = ("wall", "terminal", "control")  # those with a page of their own

_LONG = (
    "In the middle of the frame a horse stands up to its knees in fresh snow. It is facing us. "
    "Behind it a line of poplars dissolves into a sky of the same white, so that the animal "
    "seems to have been cut out and laid upon paper. A red scarf, far too small, hangs from one "
    "ear. Nobody is there to have put it on. The light comes from the left and is the light of "
    "four in the afternoon in a month when nothing is expected to happen."
)


def _picture(sky: str, ground: str, sun: str, x: int) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90">'
        '<defs><linearGradient id="s" x2="0" y2="1">'
        f'<stop stop-color="{sky}"/><stop offset="1" stop-color="{ground}"/></linearGradient></defs>'
        f'<path fill="url(#s)" d="M0 0h160v90H0z"/><circle cx="{x}" cy="38" r="17" fill="{sun}"/>'
        f'<path fill="{ground}" d="M0 62q40-22 80-4t80-6v38H0z"/>'
        '<path fill="#0b0a0f" opacity=".55" d="M0 74q50-16 90-2t70-4v22H0z"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"


def _tile(number: int, state: str, modality: str = "", **more: object) -> Tile:
    return {
        "id": f"tile-{number}",
        "name": f"Slot {number}",
        "state": state,
        "modality": modality,
    } | more


def tiles() -> list[Tile]:
    finished, unfinished = _finished(), _unfinished()
    return [*finished[:4], *unfinished[:2], *finished[4:], *unfinished[2:]]


def _finished() -> list[Tile]:
    snow = _picture("#2b3a67", "#b9c4d9", "#f6e7cb", 108)
    dusk = _picture("#3b0d2e", "#d9643a", "#ffd27a", 52)
    long_name = "A model with a name that is longer than any tile is wide, really"
    rows: list[tuple[str, str, float | None, float | None, Tile]] = [
        ("text", "Prompt", None, None, {"text": "A horse in the snow"}),
        ("image", "FLUX Schnell", 2.4, 0.003, {"url": snow, "alt": "A pale sun over snow"}),
        ("text", "Florence 2 Large", 0.9, 0.0012, {"text": _LONG}),
        ("audio", "MusicGen", 21.0, 0.041, {}),
        ("video", "Wan 2.2", 184.0, 1.2, {"alt": "A street at dusk"}),
        ("image", long_name, 3.1, 0.04, {"url": dusk, "alt": "Dusk"}),
        ("text", "Claude Haiku", 0.4, 0, {"text": "No."}),
    ]
    return [
        _tile(number, "completed", modality, model=model, seconds=seconds, usd=usd, **more)
        for number, (modality, model, seconds, usd, more) in enumerate(rows)
    ]


def _unfinished() -> list[Tile]:
    busy = "The provider was too busy, three times in a row."
    return [
        _tile(7, "invoking", "text", model="Whisper", status="starting"),
        _tile(8, "ready", "image", mark="12 s", model="SDXL Lightning"),
        _tile(9, "failed", "image", reason=busy, model="SDXL"),
        _tile(10, "cancelled", "text", reason="Stopped", model="GPT-5 nano"),
        _tile(11, "empty", mark="11 / 12"),
    ]


def context() -> dict[str, object]:
    return {
        "tiles": tiles(),
        "wall_tiles": tiles()[:6],
        "modalities": ("text", "image", "audio", "video"),
        "states": ("ready", "invoking", "running", "paused", "completed", "failed", "cancelled"),
        "swatches": ("ground", "panel", "raised", "line", "edge", "muted", "lilac", "light", "red"),
        "prompt": "A horse in the snow",
    }
