"""What an installation may have besides networks, in numbers, and the names that addresses have for it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from accounts.models import User
from assets.models import Asset
from backups.file_names import BackupKind, backup_folder, file_name
from credentials.models import Server, UploadedWorkflow
from displays.models import Board
from farm.models import Assignment, FarmWorker
from films import uploads
from films.models import Film, FilmTask, TaskAttempt
from invocations.models import Attempt
from notifications.models import Channel, Delivery
from notifications.occasions import Occasion
from platforms.comfy import workflow
from tests.platforms.flows import exported


def ids_of_equipment(owner: User) -> dict[str, str]:
    made = {**servers(), **boards(owner), **channels(owner), **farm_workers(), **films(owner)}
    return {**made, **backups()}


def backups() -> dict[str, str]:
    """A file that is called like one."""
    folder = backup_folder()
    folder.mkdir(exist_ok=True)
    made = folder / file_name(BackupKind.BY_HAND, datetime(2026, 11, 28, tzinfo=UTC))
    made.write_bytes(b"no backup at all")
    return {"backup": made.name}


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


def films(owner: User) -> dict[str, str]:
    """Thirty of hers, each with thirty tasks that failed once; a clip that is on its way."""
    at = timezone.now()
    made = {"kind": "video", "content_type": "video/mp4", "extension": "mp4", "bytes": 5}
    output = Asset.objects.create(sha256="1" * 64, **made)
    facts = {"clip": {"name": "a.mp4", "width": 64, "height": 48, "seconds": 2, "codec": "h264"}}
    for _ in range(30):
        film = Film.objects.create(owner=owner, recipe="interpolate", provenance=facts)
        FilmTask.objects.bulk_create(
            FilmTask(film=film, number=number, operation="interpolate") for number in range(30)
        )
        TaskAttempt.objects.bulk_create(
            TaskAttempt(
                task=task, film=film, number=1, lease_until=at, outcome="failed", error="No room."
            )
            for task in film.tasks.all()
        )
    Film.objects.filter(pk=film.pk).update(state="completed", output=output, ended_at=at)
    upload = uploads.announce(owner=owner, size=5, at=at)
    return {
        "film": film.public_id,
        "film_id": film.public_id,
        "film_key": film.share(),
        "upload_id": upload.public_id,
    }


def farm_workers() -> dict[str, str]:
    """Thirty of them; one of them, with its newest work."""
    at = timezone.now()
    offer = {"name": "shout", "title": "Shout", "input": "text", "output": "text"}
    for number in range(30):
        made, _ = FarmWorker.enrol(name=f"Machine {number}", platform="", version="", at=at)
        made.sign_on(session="one", at=at, offers=[{**offer, "name": f"shout-{number}"}])
    Assignment.objects.bulk_create(
        Assignment(attempt=attempt, worker=made, log_head="shouting")
        for attempt in Attempt.objects.all()
    )
    return {"worker": made.public_id, "worker_id": made.public_id}


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
