"""A ComfyUI workflow as a model: where the input goes in, where the output comes out, what may be set.

Pure. The file is what the editor exports as “API format”. Nodes are marked in their titles:

    panic:input      takes the step's input (a text, or an image, sound or video to be loaded)
    panic:output     gives the step's output
    panic:<name>     a parameter; `panic:cfg` on a sampler is its field of that name
    panic:<name>.<field>   the same, where the field has another name

Several nodes may be marked as the input; each gets it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platforms.base import JSON, Modality

MOST_NODES = 500
MARK = re.compile(r"panic:([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?", re.IGNORECASE)
TEXT_FIELDS = ("text", "value", "prompt", "string", "positive", "text_g", "wildcard_text")
LOADERS = (
    (re.compile(r"load.*audio", re.I), Modality.AUDIO, ("audio", "audio_file", "file")),
    (re.compile(r"load.*video", re.I), Modality.VIDEO, ("file", "video")),
    (re.compile(r"load.*image", re.I), Modality.IMAGE, ("image",)),
)
GIVERS = (
    (re.compile(r"audio", re.I), Modality.AUDIO),
    (re.compile(r"video|webm", re.I), Modality.VIDEO),
    (re.compile(r"image|webp|png", re.I), Modality.IMAGE),
    (re.compile(r"text|string|previewany|show", re.I), Modality.TEXT),
)
SEEDS = ("seed", "noise_seed")
FRACTIONS = {"cfg", "denoise", "guidance", "shift", "strength"}  # written as 8, meant as 8.0


class NotAWorkflow(ValueError):
    """The file cannot become a model; every reason in words."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Socket:
    """A field of a node that something is put into."""

    node: str
    field: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that was understood."""

    graph: JSON
    takes: Modality
    gives: Modality
    inputs: tuple[Socket, ...]
    output: str  # a node's id
    parameters: Mapping[str, Socket]

    @property
    def schema(self) -> JSON:
        """JSON Schema of what a slot may set."""
        properties = {
            name: _schema(at.field, self._now(at)) for name, at in self.parameters.items()
        }
        return {"type": "object", "additionalProperties": False, "properties": properties}

    @property
    def defaults(self) -> JSON:
        """As the file has it. A seed has none: it is drawn anew for each step."""
        named = self.parameters.items()
        return {name: self._now(at) for name, at in named if at.field not in SEEDS}

    def title(self, node: str) -> str:
        """What a node is called, without the marks."""
        return _title(self.graph.get(node), node)

    def filled(self, given: str, parameters: JSON, *, seed: int) -> dict[str, object]:
        """The graph to be queued."""
        graph: dict[str, dict[str, dict[str, object]]] = copy.deepcopy(dict(self.graph))  # type: ignore[arg-type]
        for node in graph.values():
            for field in SEEDS:
                if type(node["inputs"].get(field)) is int:
                    node["inputs"][field] = seed
        for name, value in parameters.items():
            if at := self.parameters.get(name):
                graph[at.node]["inputs"][at.field] = value
        for at in self.inputs:
            graph[at.node]["inputs"][at.field] = given
        return dict(graph)

    def _now(self, at: Socket) -> object:
        return self.graph[at.node]["inputs"][at.field]  # type: ignore[index]


def read(content: object, *, gives: Modality | None = None) -> Workflow:
    """The workflow in an exported file. `gives` is for outputs whose node does not tell.

    Raises NotAWorkflow.
    """
    graph = _graph(content)
    marks = [mark for node_id in graph for mark in _marks(node_id, graph[node_id])]
    problems: list[str] = []
    takes, inputs = _inputs(graph, [mark for mark in marks if mark[1] == "input"], problems)
    outputs = [node_id for node_id, name, _ in marks if name == "output"]
    given = gives or _given(graph, outputs, problems)
    parameters = {}
    for node_id, name, field in marks:
        if name in {"input", "output"}:
            continue
        value = graph[node_id]["inputs"].get(found := field or _parameter(graph[node_id], name))
        if not isinstance(value, str | int | float):
            title = _title(graph[node_id], node_id)
            problems.append(f"The node “{title}” has no field {found} that panic:{name} could set.")
        elif name in parameters:
            problems.append(f"Two nodes are marked panic:{name}; a parameter has one place.")
        else:
            parameters[name] = Socket(node_id, found)
    if problems or takes is None or given is None:
        raise NotAWorkflow(problems)
    return Workflow(graph, takes, given, tuple(inputs), outputs[0], parameters)


# Reading

Node = Mapping[str, Mapping[str, object]]
Mark = tuple[str, str, str]  # node, name, field


def _graph(content: object) -> dict[str, Node]:
    if isinstance(content, Mapping) and isinstance(content.get("prompt"), Mapping):
        content = content["prompt"]  # as it is sent to the server
    if not isinstance(content, Mapping) or not content:
        raise NotAWorkflow(["This is no workflow."])
    if isinstance(content.get("nodes"), list):
        raise NotAWorkflow(
            ["This is the editor's own format. Export it in ComfyUI with “Export (API)”."]
        )
    if not _storable(content):
        raise NotAWorkflow(["It contains signs or numbers that cannot be stored."])
    nodes = {str(key): node for key, node in content.items()}
    if len(nodes) > MOST_NODES:
        raise NotAWorkflow([f"It has more than {MOST_NODES} nodes."])
    if not all(_is_node(node) for node in nodes.values()):
        raise NotAWorkflow(["This is no workflow in API format: some entries are no nodes."])
    return nodes


def _storable(content: object) -> bool:
    """Databases take no NUL, no half of a sign and no number that is none."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return "\\u0000" not in text


def _is_node(node: object) -> bool:
    return (
        isinstance(node, Mapping)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), Mapping)
    )


def _title(node: object, node_id: str) -> str:
    meta = node.get("_meta") if isinstance(node, Mapping) else None
    named = meta.get("title") if isinstance(meta, Mapping) else ""
    kind = node.get("class_type") if isinstance(node, Mapping) else ""
    return " ".join(MARK.sub("", str(named or "")).split())[:80] or str(kind or node_id)[:80]


def _marks(node_id: str, node: Node) -> Iterator[Mark]:
    title = str(node.get("_meta", {}).get("title", "")) if _has_meta(node) else ""
    for found in MARK.finditer(title):
        yield node_id, found[1].lower(), (found[2] or "").lower()


def _has_meta(node: Node) -> bool:
    return isinstance(node.get("_meta"), Mapping)


def _inputs(
    graph: Mapping[str, Node], marks: list[Mark], problems: list[str]
) -> tuple[Modality | None, list[Socket]]:
    if not marks:
        problems.append("No node is marked as the input: put panic:input into its title.")
        return None, []
    taken, sockets = set(), []
    for node_id, _, field in marks:
        modality, found = _socket(graph[node_id], field)
        if found:
            taken.add(modality)
            sockets.append(Socket(node_id, found))
        else:
            title = _title(graph[node_id], node_id)
            problems.append(f"The node “{title}” has no field the input could go into.")
    if len(taken) > 1:
        problems.append("The nodes marked panic:input take different things.")
    return (taken.pop() if len(taken) == 1 else None), sockets


def _socket(node: Node, field: str) -> tuple[Modality, str]:
    """What a node marked as the input takes, and where; no field where it takes nothing."""
    inputs, kind = node["inputs"], str(node["class_type"])
    for pattern, modality, fields in LOADERS:
        if pattern.search(kind):
            found = field or next((one for one in fields if isinstance(inputs.get(one), str)), "")
            return modality, found if isinstance(inputs.get(found), str) else ""
    if field:
        return Modality.TEXT, field if isinstance(inputs.get(field), str) else ""
    usual = [one for one in TEXT_FIELDS if isinstance(inputs.get(one), str)]
    texts = usual or [one for one, value in inputs.items() if isinstance(value, str)]
    return Modality.TEXT, texts[0] if usual or len(texts) == 1 else ""


def _given(graph: Mapping[str, Node], outputs: list[str], problems: list[str]) -> Modality | None:
    if len(outputs) != 1:
        which = "Two nodes are" if outputs else "No node is"
        problems.append(f"{which} marked as the output: put panic:output into the title of one.")
        return None
    kind = str(graph[outputs[0]]["class_type"])
    for pattern, modality in GIVERS:
        if pattern.search(kind):
            return modality
    title = _title(graph[outputs[0]], outputs[0])
    problems.append(f"It cannot be told what the node “{title}” gives: choose it.")
    return None


def _parameter(node: Node, name: str) -> str:
    """The field that a parameter's mark means: the one of its name, else a primitive's value."""
    return name if name in node["inputs"] else "value"


def _schema(field: str, value: object) -> JSON:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, str):
        return {"type": "string", "maxLength": 2000}
    if isinstance(value, int) and not any(field.startswith(one) for one in FRACTIONS):
        return {"type": "integer"}
    return {"type": "number"}
