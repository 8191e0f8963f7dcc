"""A ComfyUI workflow as a model, as its editor's “Export (API)” writes it, with marks in nodes' titles.

    panic:input            the step's input goes in here: a text, or the file of a node that loads one
    panic:output           the step's output comes out here
    panic:<name>           a parameter: the node's field of that name
    panic:<name>.<field>   the same for a field of another name; `panic:input.<field>` too

The marks are those of the server's own ComfyUI platform; of its finer rules (quoted names, capitals)
this handler knows none.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panic_worker.failures import WorkerError

from .base import MAX_NAME

MARK = re.compile(r"panic:([a-z][a-z0-9_]*)(?:\.([A-Za-z0-9_.]+))?")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
TEXT_FIELDS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "string", "value")
LOADS = re.compile(r"Load(Image|Audio|Video)")
GIVERS = (
    (re.compile(r"audio", re.IGNORECASE), "audio"),
    (re.compile(r"video|webm|mp4|anim|gif", re.IGNORECASE), "video"),
    (re.compile(r"image|webp|png", re.IGNORECASE), "image"),
    (re.compile(r"text|string|previewany|show", re.IGNORECASE), "text"),
)
SEEDS = ("seed", "noise_seed")
MAX_SEED = 2**31
Place = tuple[str, str]  # a node's id and the name of its field


@dataclass(frozen=True, slots=True)
class ComfyWorkflow:
    """A file that was understood. `output` is a node's id."""

    name: str
    input: str
    gives: str
    inputs: tuple[Place, ...]
    output: str
    parameters: Mapping[str, Place]
    graph: Mapping[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        properties = {name: _schema(self._now(place)) for name, place in self.parameters.items()}
        if not properties:
            return {}
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def filled(self, given: str, parameters: Mapping[str, Any], seed: int) -> dict[str, Any]:
        """The graph to queue. Seeds that no parameter sets are drawn from `seed`."""
        graph: dict[str, Any] = copy.deepcopy(dict(self.graph))
        for node in graph.values():
            for field in SEEDS:
                if isinstance(node["inputs"].get(field), int):
                    node["inputs"][field] = seed % MAX_SEED
        for name, (node_id, field) in self.parameters.items():
            if parameters.get(name) is not None:
                graph[node_id]["inputs"][field] = parameters[name]
        for node_id, field in self.inputs:
            graph[node_id]["inputs"][field] = given
        return graph

    def _now(self, place: Place) -> Any:
        return self.graph[place[0]]["inputs"][place[1]]


def read_workflows(folder: Path) -> list[ComfyWorkflow]:
    """Each `*.json` file, whose name is the model's. Raises WorkerError that names the file."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(_read(path.stem, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            raise WorkerError(f"{path}: {error}") from None
    return found


def _read(name: str, graph: Any) -> ComfyWorkflow:
    """Raises ValueError with a sentence."""
    if not NAME.fullmatch(name):
        raise ValueError(
            f"its name has small letters, digits, dots and hyphens, at most {MAX_NAME}."
        )
    if not isinstance(graph, dict) or not all(_is_node(node) for node in graph.values()):
        raise ValueError("it is no workflow in API format: use “Export (API)” in ComfyUI.")
    marks = [
        (node_id, mark, field)
        for node_id, node in graph.items()
        for mark, field in MARK.findall(str(node.get("_meta", {}).get("title", "")))
    ]
    modality, inputs = _all_inputs(graph, marks)
    outputs = [node_id for node_id, mark, _ in marks if mark == "output"]
    if len(outputs) != 1:
        raise ValueError("one node is marked panic:output.")
    gives = _gives(str(graph[outputs[0]]["class_type"]))
    parameters = {
        mark: _parameter(node_id, graph[node_id], mark, field)
        for node_id, mark, field in marks
        if mark not in ("input", "output")
    }
    return ComfyWorkflow(name, modality, gives, inputs, outputs[0], parameters, graph)


def _all_inputs(
    graph: Mapping[str, Any], marks: list[tuple[str, str, str]]
) -> tuple[str, tuple[Place, ...]]:
    found = [_inputs(one, graph[one], field) for one, mark, field in marks if mark == "input"]
    modalities = {modality for modality, _ in found}
    if len(modalities) != 1:
        raise ValueError("its inputs are marked panic:input, and all take the same.")
    return modalities.pop(), tuple(place for _, places in found for place in places)


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)


def _inputs(node_id: str, node: Mapping[str, Any], field: str) -> tuple[str, list[Place]]:
    loads = LOADS.search(str(node["class_type"]))
    modality = loads[1].lower() if loads else "text"
    wanted = (field,) if field else ((modality, "file") if loads else TEXT_FIELDS)
    found = [one for one in wanted if isinstance(node["inputs"].get(one), str)]
    if not found:
        raise ValueError(f"the node {node_id} marked panic:input has no field that takes it.")
    return modality, [(node_id, one) for one in (found[:1] if loads else found)]


def _parameter(node_id: str, node: Mapping[str, Any], name: str, field: str) -> Place:
    wanted = field or name
    if not isinstance(node["inputs"].get(wanted), str | int | float):
        raise ValueError(f"the node {node_id} has no field {wanted} that panic:{name} could set.")
    return node_id, wanted


def _gives(class_type: str) -> str:
    for pattern, modality in GIVERS:
        if pattern.search(class_type):
            return modality
    raise ValueError(f"it cannot be told what a node {class_type} gives.")


def _schema(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, str):
        return {"type": "string", "maxLength": 2000}
    return {"type": "number"}
