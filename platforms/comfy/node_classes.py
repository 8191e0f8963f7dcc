"""What a ComfyUI server says of its classes of nodes (`/object_info`). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platforms.payloads import find


@dataclass(frozen=True, slots=True)
class NodeClass:
    """A class of nodes: whether what its nodes give is kept, and their inputs as they are declared."""

    is_output: bool
    inputs: Mapping[str, object]

    def declaration(self, field: str, node_inputs: Mapping[str, object]) -> object:
        """How a field is declared: its type, then its options. None: not at all.

        Fields with dots belong to what was chosen in another field of the node.
        """
        return _declaration(self.inputs, field, node_inputs, "")


NodeClasses = Mapping[str, NodeClass]  # by their names; a class that a server lacks is not in it


def read_class(content: object, name: str) -> NodeClass | None:
    """A class in an answer; None where the server does not know it, or says nothing that counts."""
    found = find(content, name)
    if not isinstance(found, Mapping) or not isinstance(found.get("output_node"), bool):
        return None
    return NodeClass(bool(found["output_node"]), dict(_inputs(found.get("input"))))


def _inputs(declared: object) -> Iterator[tuple[str, object]]:
    for part in ("required", "optional"):
        fields = find(declared, part)
        if isinstance(fields, Mapping):
            yield from ((str(name), one) for name, one in fields.items())


def _declaration(
    inputs: Mapping[str, object], field: str, chosen: Mapping[str, object], prefix: str
) -> object:
    for name, declared in inputs.items():
        whole = f"{prefix}{name}"
        if whole == field:
            return declared
        options = find(declared, 1, "options")
        if not field.startswith(f"{whole}.") or not isinstance(options, list):
            continue
        for option in options:
            if find(option, "key") == chosen.get(whole):
                inner = dict(_inputs(find(option, "inputs")))
                return _declaration(inner, field, chosen, f"{whole}.")
    return None
