"""What a house may have besides networks, in numbers, and the names that addresses have for it."""

from __future__ import annotations

from accounts.models import User
from displays.models import Board
from platforms.comfy import workflow
from platforms.models import Server, UploadedWorkflow
from tests.platforms.flows import exported


def of(owner: User) -> dict[str, str]:
    return {**servers(), **boards(owner)}


def boards(owner: User) -> dict[str, str]:
    """Thirty of hers."""
    made = [Board.add(owner, name=f"panic_{number}", key="key") for number in range(30)]
    return {"board": made[0].public_id, "board_id": made[0].public_id}


def servers() -> dict[str, str]:
    """Ten of them with twenty workflows each; one of them."""
    for number in range(10):
        made = Server.add(kind="comfyui", name=f"Rack {number}", address="http://10.0.0.2:8188")
        for other in range(20):
            UploadedWorkflow.add(
                workflow.read(exported()), name=f"Flow {other}", server=made, deadline_seconds=60
            )
    return {"server": made.public_id, "server_id": made.public_id}
