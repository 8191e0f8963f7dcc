"""ComfyUI workflows that an admin uploaded: each is a model."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from credentials.server_stamp import server_stamp
from lib.public_ids import new_public_id
from platforms.base import Modality, Model
from platforms.comfy import workflow
from platforms.servers import KnownWorkflow

from .server import Server, free_slug

NOTE = gettext_noop("A workflow of this installation.")
MODALITIES = [(one.value, one.value) for one in Modality]


class UploadedWorkflow(models.Model):
    """A ComfyUI workflow as a model. Without a server it runs on whichever there is."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    server = models.ForeignKey(
        Server, null=True, blank=True, on_delete=models.CASCADE, related_name="workflows"
    )
    slug = models.SlugField(max_length=50, unique=True, editable=False)
    name = models.CharField(max_length=60)
    content = models.JSONField()
    takes = models.CharField(max_length=5, choices=MODALITIES, editable=False)
    gives = models.CharField(max_length=5, choices=MODALITIES)
    deadline_seconds = models.PositiveIntegerField(default=600)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.slug

    # Factories

    @classmethod
    def add(
        cls, found: workflow.Workflow, *, name: str, server: Server | None, deadline_seconds: int
    ) -> UploadedWorkflow:
        with transaction.atomic():
            made = cls.objects.create(
                server=server,
                slug=free_slug(cls.objects, name, "workflow"),
                name=name,
                content=found.graph,
                takes=found.takes,
                gives=found.gives,
                deadline_seconds=deadline_seconds,
            )
            server_stamp.announce_change()
        return made

    # Mutators

    def change(self, **fields: object) -> None:
        """Set these: name, server, deadline_seconds. Its id stays."""
        with transaction.atomic():
            type(self).objects.filter(pk=self.pk).update(**fields)
            server_stamp.announce_change()
        self.refresh_from_db()

    def remove(self) -> None:
        with transaction.atomic():
            self.delete()
            server_stamp.announce_change()

    # Properties

    @property
    def model_id(self) -> str:
        return f"comfyui:{self.slug}"

    @property
    def known(self) -> KnownWorkflow:
        """Raises NotAWorkflow where this version understands it no longer."""
        found = workflow.read(self.content, gives=Modality(self.gives))
        model = Model(
            id=self.model_id,
            name=self.name,
            input=found.takes,
            output=found.gives,
            path=self.slug,
            defaults=found.defaults,
            parameters=found.schema,
            deadline_seconds=float(self.deadline_seconds),
            note=NOTE,
        )
        return KnownWorkflow(model, found, self.server.slug if self.server else "")
