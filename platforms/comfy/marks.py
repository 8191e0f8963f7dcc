"""The marks in the titles of a workflow's nodes, and the fields they mean. Pure.

    panic:input      takes the step's input (a text, or an image, sound or video to be loaded)
    panic:output     gives the step's output
    panic:<name>     a parameter; `panic:cfg` on a sampler is its field of that name
    panic:<name>.<field>   the same, where the field has another name; in quotes where it has spaces

A field is found as it is spelled, else whatever its capitals, else by what follows its last dot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .graph import Graph, Node, raw_title

MARK = re.compile(r"panic:([a-z][a-z0-9_]*)((?:\.\"[^\"]+\"|\.[^\s\"]+)?)", re.IGNORECASE)
CLOSING = ",;:!?.)]}>»”'"  # what a title goes on with after a mark
PRIMITIVE_FIELDS = ("value", "number", "int", "integer", "float", "boolean", "string", "text")


@dataclass(frozen=True, slots=True)
class Socket:
    """A field of a node that something is put into."""

    node: str
    field: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as it was typed. `field` is empty where none was named."""

    node: str
    name: str
    field: str

    @property
    def kind(self) -> str:
        return self.name.lower()

    @property
    def text(self) -> str:
        return f"panic:{self.name}{f'.{self.field}' if self.field else ''}"


def marks_in(graph: Graph) -> Iterator[Mark]:
    for node_id, node in graph.items():
        for found in MARK.finditer(raw_title(node)):
            yield Mark(node_id, found[1], _field(node, found[1], found[2][1:]))


def title_of(node: object, node_id: str) -> str:
    """What a node is called, without its marks."""
    shown = " ".join(MARK.sub("", raw_title(node)).split())[:80]
    kind = node.get("class_type") if isinstance(node, Mapping) else ""
    return shown or str(kind or node_id)[:80]


def _field(node: Node, name: str, typed: str) -> str:
    if typed.startswith('"'):
        return typed.strip('"')
    if not {typed, f"{name}.{typed}"} & set(node["inputs"]):
        typed = typed.rstrip(CLOSING)
    return typed


def find_field(node: Node, typed: str) -> str:
    """The node's field that is meant; empty where there is none, or more than one."""
    fields = list(node["inputs"])
    if typed in fields:
        return typed
    for means in (str.casefold, lambda field: field.casefold().rpartition(".")[2]):
        found = [field for field in fields if means(field) == typed.casefold()]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def parameter_of(mark: Mark, node: Node) -> tuple[str, str]:
    """What the parameter is called, and its field; no field where the node has none of that name.

    It is called as its field, where that was typed as it is spelled.
    """
    whole = f"{mark.name}.{mark.field}" if mark.field else mark.name
    if whole in node["inputs"]:
        return whole, whole
    if mark.field:
        if field := find_field(node, mark.field):
            return mark.kind, field
        return whole, find_field(node, whole)
    named = (mark.name, *PRIMITIVE_FIELDS)
    return mark.kind, next(filter(None, (find_field(node, one) for one in named)), "")
