"""What ComfyUI says about a prompt: where it waits, what it gave, and what went wrong. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from platforms import sentences
from platforms.base import JSON, Modality, Output
from platforms.comfy.workflow import Workflow
from platforms.errors import PlatformError, Refused, Unavailable, Unusable
from platforms.payloads import find
from platforms.provider_errors import is_sensitive

OUT_OF_MEMORY = re.compile(r"out ?of ?memory|OutOfMemory|allocation on device|CUDA error", re.I)
FILES = {
    Modality.IMAGE: ("images", "gifs"),
    Modality.AUDIO: ("audio", "audios"),
    Modality.VIDEO: ("video", "videos", "gifs", "images"),
}


def refusal(answer: JSON, workflow: Workflow) -> PlatformError:
    """Why a prompt was not taken into the queue."""
    for node_id, error in _node_errors(answer):
        what = str(find(error, "message") or "is wrong").rstrip(".")
        details = " ".join(str(find(error, "details") or "").split())[:200]
        more = f" ({details})" if details else ""
        title, said = workflow.title(node_id), f"{what[:1].lower()}{what[1:]}{more}"
        return Refused(sentences.COMFYUI_REFUSES_NODE % {"node": title, "said": said})
    error = answer.get("error")
    words = str(
        find(error, "message") or (error if isinstance(error, str) else "it did not say why")
    )
    details = " ".join(str(find(error, "details") or "").split())[:200]
    said = f"{words.rstrip('.')}{f' ({details})' if details else ''}"
    return Refused(sentences.COMFYUI_REFUSES % {"said": said})


def _node_errors(answer: JSON) -> Iterator[tuple[str, object]]:
    errors = answer.get("node_errors")
    for node_id, entry in errors.items() if isinstance(errors, Mapping) else ():
        for said in entry.get("errors") or () if isinstance(entry, Mapping) else ():
            yield str(node_id), said


def leaves_out(answer: JSON, node: str) -> bool:
    """Whether a prompt was taken without the part that leads to `node`."""
    errors = answer.get("node_errors")
    entries = errors.values() if isinstance(errors, Mapping) else ()
    return any(
        node in [str(one) for one in entry.get("dependent_outputs") or ()]
        for entry in entries
        if isinstance(entry, Mapping)
    ) or (isinstance(errors, Mapping) and node in errors)


def place(queue: JSON, prompt_id: str) -> int | None:
    """0 while it runs, 1 for the next one in the queue, and so on; None where it is not there."""
    if any(entry_id == prompt_id for _, entry_id, _ in entries(queue, "queue_running")):
        return 0
    pending = sorted(entries(queue, "queue_pending"), key=lambda entry: entry[0])
    waiting = [entry_id for _, entry_id, _ in pending]
    return waiting.index(prompt_id) + 1 if prompt_id in waiting else None


def entries(queue: JSON, part: str) -> list[tuple[float, str, str]]:
    """Number, id and client of what runs or waits."""
    listed = queue.get(part)
    found = []
    for entry in listed if isinstance(listed, list) else []:
        number = find(entry, 0)
        order = float(number) if isinstance(number, int | float) else 0.0
        found.append((order, str(find(entry, 1)), str(find(entry, 3, "client_id") or "")))
    return found


def of_client(answer: JSON, client: str) -> str:
    """The id of the prompt that this client queued, in the queue or the history; empty: none."""
    past = {"past": [find(entry, "prompt") for entry in answer.values()]}
    for part in ("queue_running", "queue_pending", "past"):
        for _, prompt_id, asked_by in entries({**answer, **past}, part):
            if asked_by == client:
                return prompt_id
    return ""


def ended(entry: JSON) -> bool:
    """Whether an entry of the history is complete. Old servers wrote no status."""
    status = entry.get("status")
    return not status or bool(find(status, "completed")) or find(status, "status_str") == "error"


def was_interrupted(entry: JSON) -> bool:
    return any(name == "execution_interrupted" for name, _ in _messages(entry))


def outcome(entry: JSON, workflow: Workflow, address: str) -> Output:
    """The output of a prompt that ended. Raises the error that it stands for, settled."""
    for name, data in _messages(entry):
        if name == "execution_interrupted":
            raise Unavailable(sentences.COMFYUI_INTERRUPTED).as_settled()
        if name == "execution_error":
            raise _failure(data, workflow).as_settled()
    if find(entry, "status", "status_str") == "error":
        raise Unavailable(sentences.COMFYUI_FAILED).as_settled()
    given = find(entry, "outputs", workflow.output)
    if workflow.gives is Modality.TEXT:
        return Output(text=_text(given))
    if (file := next(_files(given, workflow.gives), None)) is None:
        raise Unusable(sentences.WORKFLOW_WITHOUT_OUTPUT % {"modality": workflow.gives})
    return Output(url=f"{address}/view?{urlencode(_where(file))}")


def _files(given: object, modality: Modality) -> Iterator[object]:
    for kind in FILES[modality]:
        listed = find(given, kind)
        yield from (file for file in _list(listed) if find(file, "filename"))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _where(file: object) -> dict[str, str]:
    names = ("filename", "subfolder", "type")
    return {name: str(find(file, name) or "") for name in names} | {
        "type": str(find(file, "type") or "output")
    }


def _text(given: object) -> str:
    for name in ("text", "string", "strings", "value"):
        found = find(given, name)
        parts = found if isinstance(found, list | tuple) else [found]
        words = "\n".join(part for part in parts if isinstance(part, str)).strip()
        if words:
            return words
    raise Unusable(sentences.WORKFLOW_WITHOUT_OUTPUT % {"modality": "text"})


def _failure(data: JSON, workflow: Workflow) -> PlatformError:
    kind, words = str(data.get("exception_type", "")), str(data.get("exception_message", ""))
    said = (words.strip().splitlines() or [kind or "it did not say why"])[0][:300].rstrip(".")
    if OUT_OF_MEMORY.search(f"{kind} {words}"):
        return Unavailable(sentences.COMFYUI_OUT_OF_MEMORY % {"said": said})
    node = workflow.title(str(data.get("node_id", "")))
    kind = "sensitive" if is_sensitive(said) else "invalid"
    return Refused(sentences.NODE_FAILED % {"node": node, "said": said}, kind=kind)


def _messages(entry: JSON) -> Iterator[tuple[str, JSON]]:
    listed = find(entry, "status", "messages")
    for message in listed if isinstance(listed, list) else []:
        name, data = find(message, 0), find(message, 1)
        yield str(name), data if isinstance(data, dict) else {}


# From its socket


ENDINGS = {"execution_success", "execution_error", "execution_interrupted"}


@dataclass(frozen=True, slots=True)
class News:
    """Words for the tile, and whether it is time to look how the prompt ended."""

    words: str = ""
    over: bool = False


NO_NEWS = News()


def read_message(message: str, prompt_id: str, workflow: Workflow) -> News:
    try:
        content = json.loads(message)
    except ValueError:
        return NO_NEWS
    kind, data = find(content, "type"), find(content, "data")
    if find(data, "prompt_id") not in {None, prompt_id}:
        return NO_NEWS
    node = find(data, "node")
    if kind in ENDINGS or (kind == "executing" and node is None):
        return News(over=True)
    if kind == "executing":
        return News(workflow.title(str(node)))
    if kind == "progress":
        count = f"{find(data, 'value')} of {find(data, 'max')}"
        return News(f"{workflow.title(str(node))}: {count}" if node else count)
    return NO_NEWS
