"""What this machine can do. A new kind is a file here with a `Handler` (`base`) and a line in `load_handlers`."""

from __future__ import annotations

from panic_worker.configuration import Configuration
from panic_worker.folder import WorkerFolder

from . import comfyui, command, echo, local_models, operations
from .base import Handler


def load_handlers(
    folder: WorkerFolder, configuration: Configuration, *, with_echo: bool = False
) -> list[Handler]:
    """All that are set up on this machine. Raises WorkerError for a setting that is wrong."""
    return [
        *command.load(folder.commands, configuration.variables),
        *comfyui.load(configuration.sections.get("comfyui"), folder.workflows),
        *local_models.load(configuration.sections.get("local_models"), folder.path),
        *operations.load(configuration.sections.get("operations")),
        *echo.load(is_wanted=with_echo),
    ]
