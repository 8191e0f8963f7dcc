"""What an installation may have besides networks, in numbers, and the names that addresses have for it."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from credentials.models import Server, UploadedWorkflow
from displays.models import Board
from notifications.models import Channel, Delivery
from notifications.occasions import Occasion
from platforms.comfy import workflow
from tests.platforms.flows import exported


def ids_of_equipment(owner: User) -> dict[str, str]:
    return {**servers(), **boards(owner), **channels(owner)}


def boards(owner: User) -> dict[str, str]:
    """Thirty of hers."""
    made = [Board.add(owner, name=f"panic_{number}", key="key") for number in range(30)]
    return {"board": made[0].public_id, "board_id": made[0].public_id}


def channels(owner: User) -> dict[str, str]:
    """Thirty of hers, each with thirty messages."""
    at = timezone.now()
    for number in range(30):
        made = Channel.add(
            owner,
            name=f"Watch {number}",
            address="json://127.0.0.1:9/",
            service="Webhook",
            occasions=["run-failed"],
        )
        Delivery.objects.bulk_create(
            Delivery(channel=made, state="sent", began_at=at, ended_at=at, lease_until=at)
            for _ in range(30)
        )
        made.put(Occasion.TEST, at=at)
    return {"channel": made.public_id, "channel_id": made.public_id}


def servers() -> dict[str, str]:
    """Ten of them with twenty workflows each; one of them."""
    for number in range(10):
        made = Server.add(kind="comfyui", name=f"Rack {number}", address="http://10.0.0.2:8188")
        for other in range(20):
            flow = UploadedWorkflow.add(
                workflow.read(exported()), name=f"Flow {other}", server=made, deadline_seconds=60
            )
    return {
        "server": made.public_id,
        "server_id": made.public_id,
        "workflow": flow.public_id,
        "workflow_id": flow.public_id,
    }
