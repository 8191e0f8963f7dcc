"""Opens ONNX models in onnxruntime as this process wants them: with one thread each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

# After each call its arena gives back what it does not need: the models of a host are rarely at work together.
# (Without an arena the peak of a long sentence is twice as high.)
GIVE_BACK = ("memory.enable_memory_arena_shrinkage", "cpu:0")


class OnnxSession:
    """Not for two threads at once."""

    def __init__(self, model: Path | bytes) -> None:
        """ORT_DISABLE_TELEMETRY must be in the environment before (`local_models.__main__`)."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # the shapes differ from call to call
        given = model if isinstance(model, bytes) else str(model)
        self._session: Any = onnxruntime.InferenceSession(
            given, options, providers=["CPUExecutionProvider"]
        )
        self._options: Any = onnxruntime.RunOptions()
        self._options.add_run_config_entry(*GIVE_BACK)

    @property
    def notes(self) -> dict[str, str]:
        """What its makers wrote into the file."""
        found: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        return found

    def run(self, inputs: Mapping[str, Any]) -> Any:
        """The first output."""
        return self._session.run(None, dict(inputs), self._options)[0]

    def run_one(self, only: Any) -> Any:
        """The first output of a model that has one input."""
        return self.run({self._session.get_inputs()[0].name: only})
