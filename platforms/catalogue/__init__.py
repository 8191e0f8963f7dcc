"""What the hosted platforms offer, as data: one TOML file per platform, one table per model.

Hosted models die or change shape every few months; then it is a row that changes, not code.
A price that is missing has not been verified. A row with `unverified` (a date) was written down
without asking the provider: its name, its parameters or its price may be wrong, and its note says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from platforms.base import JSON, Modality, Model

FOLDER = Path(__file__).parent
WIRE = ("input_field", "template", "output_field", "strip", "wait_seconds", "prices")


@dataclass(frozen=True, slots=True)
class Row:
    """A model and how this provider wants its input and hands over its output."""

    model: Model
    input_field: str = ""  # the request's field that the text or the media's address goes into
    template: str = "{input}"  # around a text input
    output_field: str = ""  # of an answer that is an object; empty = whatever fits
    strip: str = ""  # characters, besides white space, to take off a text answer's ends
    wait_seconds: int = 0  # how long the provider may hold the request open; 0 = poll at once
    prices: Mapping[str, float] = field(default_factory=dict)  # dollars per million, by unit

    def cost(self, used: Mapping[str, float]) -> float | None:
        """Dollars for so many of each unit; None where any of them has no verified price."""
        counted = {unit: amount for unit, amount in used.items() if amount}
        if not counted or not self.prices.keys() >= counted.keys():
            return None
        return sum(self.prices[unit] * amount for unit, amount in counted.items()) / 1e6


def load(platform: str) -> tuple[Row, ...]:
    """The rows of `<platform>.toml`, in the file's order. Raises KeyError, TypeError on a slip."""
    with (FOLDER / f"{platform}.toml").open("rb") as file:
        tables = cast("dict[str, dict[str, object]]", tomllib.load(file))
    return tuple(_row(platform, name, dict(table)) for name, table in tables.items())


def _row(platform: str, name: str, table: dict[str, object]) -> Row:
    """Every key of the table is a field of Row or of Model; any other is a TypeError."""
    wire = {key: table.pop(key) for key in WIRE if key in table}
    if date := table.pop("unverified", ""):
        unsure = f"Name and price not verified with the provider ({date})."
        table["note"] = f"{table.get('note', '')} {unsure}".strip()
    source, target = str(table.pop("turns")).split(" to ")
    title = str(table.pop("title"))
    parameters = _schema(cast("dict[str, JSON]", table.pop("parameters", {})))
    model = Model(
        id=f"{platform}:{name}",
        name=title,
        input=Modality(source),
        output=Modality(target),
        parameters=parameters,
        **table,  # type: ignore[arg-type]  # checked by the dataclass's own names and by tests
    )
    return Row(model=model, **wire)  # type: ignore[arg-type]


def _schema(properties: dict[str, JSON]) -> JSON:
    """JSON Schema of what a slot may set."""
    return {"type": "object", "additionalProperties": False, "properties": properties}
