"""What the hosted platforms offer, as data: TOML files per platform, one table per model.

Hosted models die or change shape every few months; then it is a row that changes, not code.
A price that is missing has not been verified. A row with `unverified` (a date) was written down
without asking the provider: its name, its parameters or its price may be wrong, and pages say so.

Rows of a platform are in `<platform>.toml` and `<platform>-*.toml`. The table `every` holds what is
true of all rows of its file. A row may be a family: its table `loras` names fine-tunes of it, each a
row of its own with its weights in the field `lora_field` and its trigger phrase beside the input.

A row that cannot be read is left out, and `row_errors` tells why; a system check repeats it at the start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platforms.base import JSON, Modality, Model

from .validation import in_lora, in_row

FOLDER = Path(__file__).parent
WIRE = (
    "input_field",
    "template",
    "output_field",
    "strip",
    "pattern",
    "wait_seconds",
    "prices",
    "trigger",
)
Table = dict[str, Any]
row_errors: dict[str, list[str]] = {}  # by platform: what is wrong with its rows, in sentences


@dataclass(frozen=True, slots=True)
class Row:
    """A model and how this provider wants its input and hands over its output."""

    model: Model
    input_field: str = ""  # the request's field that the text or the media's address goes into
    template: str = "{input}"  # around a text input
    output_field: str = ""  # of an answer that is an object; empty = whatever fits
    strip: str = ""  # characters, besides white space, to take off a text answer's ends
    pattern: str = (
        ""  # of a text answer: its first group is the answer, where it is wrapped in words
    )
    wait_seconds: int = 0  # how long the provider may hold the request open; 0 = poll at once
    prices: Mapping[str, float] = field(default_factory=dict)  # dollars per million, by unit
    trigger: str = ""  # the words a fine-tune answers to; they are in the template already

    def cost(self, used: Mapping[str, float]) -> float | None:
        """Dollars for so many of each unit; None where any of them has no verified price."""
        counted = {unit: amount for unit, amount in used.items() if amount}
        if not counted or not self.prices.keys() >= counted.keys():
            return None
        return sum(self.prices[unit] * amount for unit, amount in counted.items()) / 1e6


def load(platform: str, folder: Path = FOLDER) -> tuple[Row, ...]:
    """The rows of a platform's files, in their order; what cannot be read is in `row_errors`."""
    found: list[str] = []
    rows: dict[str, Row] = {}
    for path in [folder / f"{platform}.toml", *sorted(folder.glob(f"{platform}-*.toml"))]:
        for row in _rows(platform, path, found):
            if row.model.id in rows:
                found.append(f"{path.name}: the id {row.model.id} is there twice.")
            rows.setdefault(row.model.id, row)
    row_errors[platform] = found
    return tuple(rows.values())


def _rows(platform: str, path: Path, found: list[str]) -> Iterator[Row]:
    try:
        tables = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        found.append(f"{path.name} cannot be read: {error}.")
        return
    every = tables.pop("every", {})
    for name, table in tables.items():
        whole = {**every, **table} if isinstance(table, dict) else {}
        family = {key: whole.pop(key) for key in ("loras", "lora_field") if key in whole}
        if wrong := in_row(name, whole, family):
            found += [f"{path.name}, [{name}]: {sentence}" for sentence in wrong]
            continue
        yield _row(platform, name, whole)
        for slug, lora in family.get("loras", {}).items():
            if wrong := in_lora(slug, lora):
                found += [f"{path.name}, [{name}.loras.{slug}]: {sentence}" for sentence in wrong]
            else:
                yield _fine_tune(platform, f"{name}-{slug}", whole, family["lora_field"], lora)


def _row(platform: str, name: str, table: Table) -> Row:
    """Every key of the table is a field of Row or of Model: `row_errors` has seen to that."""
    table = dict(table)
    wire = {key: table.pop(key) for key in WIRE if key in table}
    source, target = str(table.pop("turns")).split(" to ")
    path = str(table.get("path", ""))
    model = Model(
        id=f"{platform}:{name}",
        name=str(table.pop("title")),
        input=Modality(source),
        output=Modality(target),
        parameters=_schema(table.pop("parameters", {})),
        homepage=str(table.pop("homepage", "")).replace("{path}", path),
        **table,
    )
    return Row(model=model, **wire)


def _fine_tune(platform: str, name: str, base: Table, weights_field: str, lora: Table) -> Row:
    """A row of its own: the family's, with these weights and these words."""
    lora = dict(lora)
    trigger, weights = str(lora.pop("trigger")), lora.pop("weights")
    defaults = {**base.get("defaults", {}), weights_field: weights}
    settable = {key: one for key, one in base["parameters"].items() if key != weights_field}
    words = trigger if "{input}" in trigger else f"{{input}}, {trigger}"
    table = {**base, **lora, "defaults": defaults, "parameters": settable}
    said = trigger.replace("{input}", "…")
    table["note"] = f"{lora.get('note', '')} Its trigger: “{said}”.".strip()
    table["template"] = words.replace("{input}", base.get("template", "{input}"))
    return _row(platform, name, {**table, "trigger": trigger})


def _schema(properties: Mapping[str, JSON]) -> JSON:
    """JSON Schema of what a slot may set."""
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}
