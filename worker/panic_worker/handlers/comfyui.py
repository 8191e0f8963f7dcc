"""A ComfyUI on this machine: each workflow in `comfyui/` of the worker's folder is a model.

Offered with a section `[comfyui]` in config.toml; `address` in it is where ComfyUI listens.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from panic_worker.connection import ServerAnswer, ServerConnection
from panic_worker.failures import ErrorClass, ServerAway, WorkerError, WorkFailed
from panic_worker.stopping import StopSignal

from .base import Handler, Offer, Work, WorkResult, ending_of_type
from .comfyui_workflow import ComfyWorkflow, read_workflows

ADDRESS = "http://127.0.0.1:8188"
POLL_SECONDS = 0.3
SUBFOLDER = "panic"


class ComfyHandler(Handler):
    """Queues a prompt, asks for it until it has ended, and fetches what its output node gave."""

    name = "comfyui"

    def __init__(self, address: str, workflows: Sequence[ComfyWorkflow]) -> None:
        self._connection = ServerConnection(address)
        self._workflows = {flow.name: flow for flow in workflows}

    def offers(self) -> Sequence[Offer]:
        return [
            Offer(flow.name, flow.name, flow.input, flow.gives, flow.schema)
            for flow in self._workflows.values()
        ]

    def self_test(self, folder: Path) -> None:
        if not self._get("/system_stats").get("system"):
            raise WorkFailed(ErrorClass.TEMPORARY, f"{self._connection.server} is no ComfyUI.")

    def run(self, work: Work) -> WorkResult:
        flow = self._workflows[work.model]
        given = work.input
        words = given.text if given.path is None else self._upload(given.path, work.key)
        seed = int.from_bytes(hashlib.sha256(work.key.encode()).digest()[:8], "big")
        graph = flow.filled(words, work.parameters, seed)
        body = {"prompt": graph, "client_id": uuid.uuid4().hex, "prompt_id": str(uuid.uuid4())}
        prompt = str(self._post("/prompt", body).get("prompt_id"))
        try:
            outputs = self._wait_for(prompt, work.stop)
        except BaseException:
            self._cancel(prompt)
            raise
        return self._result(outputs.get(flow.output) or {}, flow, work)

    def close(self) -> None:
        self._connection.close()

    def _wait_for(self, prompt: str, stop: StopSignal) -> dict[str, Any]:
        """What its nodes gave. Raises WorkFailed, also where ComfyUI knows it no more."""
        missed = 0
        while missed < 2:
            if entry := self._get(f"/history/{prompt}").get(prompt):
                return _outputs(entry)
            missed = 0 if self._is_queued(prompt) else missed + 1
            stop.wait(POLL_SECONDS)
            stop.check()
        raise WorkFailed(ErrorClass.TEMPORARY, "ComfyUI was restarted and has lost the work.")

    def _is_queued(self, prompt: str) -> bool:
        queue = self._get("/queue")
        entries = [*queue.get("queue_running", ()), *queue.get("queue_pending", ())]
        return any(prompt in entry[:2] for entry in entries)

    def _cancel(self, prompt: str) -> None:
        """Out of the queue, or interrupted; whoever runs then is not hit."""
        try:
            self._post("/queue", {"delete": [prompt]})
            self._post("/interrupt", {"prompt_id": prompt})
        except WorkFailed:
            return  # it does not answer: nothing else can be done

    def _result(self, given: Mapping[str, Any], flow: ComfyWorkflow, work: Work) -> WorkResult:
        if flow.gives == "text":
            texts = next((one for one in given.values() if isinstance(one, list) and one), None)
            if texts is None:
                raise WorkFailed(ErrorClass.TEMPORARY, "The workflow gave no text.")
            return WorkResult(text=str(texts[0]), backend="comfyui")
        lists = [one for one in given.values() if isinstance(one, list)]
        files = [
            one for found in lists for one in found if isinstance(one, dict) and "filename" in one
        ]
        if not files:
            raise WorkFailed(ErrorClass.TEMPORARY, f"The workflow gave no {flow.gives}.")
        return self._fetched(files[0], work.folder)

    def _fetched(self, file: Mapping[str, Any], folder: Path) -> WorkResult:
        where = {name: file.get(name, "") for name in ("filename", "subfolder", "type")}
        path = folder / "output"
        with path.open("wb") as sink:
            answer = self._ask("GET", f"/view?{urlencode(where)}", sink=sink)
        content_type = str(answer.headers.get_content_type())
        named = path.rename(path.with_suffix(ending_of_type(content_type)))
        return WorkResult(path=named, content_type=content_type, backend="comfyui")

    def _upload(self, path: Path, key: str) -> str:
        """Its name among ComfyUI's inputs."""
        boundary = uuid.uuid4().hex
        name = f"{hashlib.sha256(key.encode()).hexdigest()[:24]}{path.suffix}"
        parts = b"".join(
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="subfolder"\r\n\r\n'
                f"{SUBFOLDER}\r\n--{boundary}\r\nContent-Disposition: form-data; "
                f'name="image"; filename="{name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n".encode(),
                path.read_bytes(),
                f"\r\n--{boundary}--\r\n".encode(),
            )
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        taken = self._ask("POST", "/upload/image", body=parts, headers=headers).fields
        folder = str(taken.get("subfolder") or "")
        return f"{folder}/{taken['name']}" if folder else str(taken["name"])

    def _get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path).fields

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._ask("POST", path, body=body).fields

    def _ask(self, method: str, path: str, **more: Any) -> ServerAnswer:
        """Raises WorkFailed where it does not answer, or refuses."""
        try:
            answer = self._connection.request(method, path, **more)
        except (ServerAway, WorkerError) as error:
            raise WorkFailed(ErrorClass.TEMPORARY, f"ComfyUI does not answer: {error}") from None
        if answer.status != 200:
            reason = answer.fields.get("error")
            said = reason.get("message") if isinstance(reason, dict) else f"status {answer.status}"
            raise WorkFailed(
                ErrorClass.PERMANENT,
                f"ComfyUI refused: {said}",
                answer.body.decode(errors="replace"),
            )
        return answer


def load(section: Mapping[str, Any] | None, workflows: Path) -> list[Handler]:
    """Nothing without the section. Raises WorkerError for a setting or a workflow that is wrong."""
    if section is None:
        return []
    if unknown := sorted(set(section) - {"address"}):
        raise WorkerError(f"[comfyui] has no setting {', '.join(unknown)}.")
    address = str(section.get("address", ADDRESS))
    if not address.startswith(("http://", "https://")):
        raise WorkerError("[comfyui] address begins with http:// or https://.")
    return [ComfyHandler(address, read_workflows(workflows))]


def _outputs(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Of a prompt that has ended. Raises WorkFailed with what ComfyUI says about a failure."""
    status = entry.get("status") or {}
    if status.get("status_str") != "error":
        return dict(entry.get("outputs") or {})
    kind, said = "", "it was interrupted"
    for name, about in status.get("messages") or ():
        if name == "execution_error":
            kind, said = str(about.get("exception_type")), str(about.get("exception_message"))
    is_memory = "OutOfMemory" in kind or "out of memory" in said.lower()
    error_class = ErrorClass.OUT_OF_MEMORY if is_memory else ErrorClass.TEMPORARY
    raise WorkFailed(error_class, f"The workflow failed: {said.strip()}"[:400], kind)
