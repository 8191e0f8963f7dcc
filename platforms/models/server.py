"""Model servers that an admin added, and the ComfyUI workflows that are models."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, cast

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import slugify

from platforms import servers
from platforms.base import JSON, Modality, Model
from platforms.comfy import workflow
from platforms.sealing import EncryptedTextField, Secret, sealing_holds

from .credential import new_public_id

KINDS = [("compatible", "OpenAI-compatible"), ("comfyui", "ComfyUI")]
LOOK_EVERY = timedelta(minutes=1)
MODALITIES = [(one.value, one.value) for one in Modality]


class ServerQuerySet(models.QuerySet["Server"]):
    def to_look_at(self, at: datetime) -> ServerQuerySet:
        """Switched on, and not looked at for a while; the longest ago first."""
        before = at - LOOK_EVERY
        old = models.Q(looked_at__isnull=True) | models.Q(looked_at__lte=before)
        # One looked at in the future was looked at before the clock was set back.
        ahead = models.Q(looked_at__gt=at + LOOK_EVERY)
        return self.filter(old | ahead, enabled=True).order_by("looked_at", "id")

    def by_name(self) -> ServerQuerySet:
        return self.order_by("name", "id")


class Server(models.Model):
    """A model server. Its slug is part of its models' ids, so it never changes."""

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=12, choices=KINDS)
    slug = models.SlugField(max_length=50, unique=True, editable=False)
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=300)
    key = EncryptedTextField(blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    listed = models.JSONField(default=list, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    looked_at = models.DateTimeField(null=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[ServerQuerySet] = cast("ServerQuerySet", ServerQuerySet.as_manager())

    def __str__(self) -> str:
        return self.slug

    # Factories

    @classmethod
    def add(
        cls, *, kind: str, name: str, address: str, key: str = "", enabled: bool = True
    ) -> Server:
        """A new server; its name gives the slug."""
        with sealing_holds():
            made = cls.objects.create(
                kind=kind,
                slug=free_slug(cls, name, "server"),
                name=name,
                address=address,
                key=Secret.seal(key),
                enabled=enabled,
            )
            servers.announce()
        return made

    # Mutators

    def change(self, *, key: str | None = None, **fields: object) -> None:
        """Set these; `key`: "" takes it away. What was found out about another address is void."""
        with sealing_holds():
            if key is not None:
                fields["key"] = Secret.seal(key)
            if fields.get("address", self.address) != self.address:
                fields |= {"problem": "", "looked_at": None}
            if fields:
                type(self).objects.filter(pk=self.pk).update(**fields)
                servers.announce()
        self.refresh_from_db()

    def take_look(self, at: datetime) -> bool:
        """Whether it is for us to look at it now; somebody else may have been faster."""
        same = type(self).objects.filter(pk=self.pk, looked_at=self.looked_at)
        return bool(same.update(looked_at=at))

    def note_look(self, listed: Sequence[JSON] | None, problem: str, *, at: datetime) -> None:
        """What came of a look. Where it did not answer, what it listed before stays."""
        fields: dict[str, object] = {"problem": problem[:300], "looked_at": at}
        if listed is not None:
            fields |= {"listed": list(listed), "last_seen_at": at}
        with transaction.atomic():
            # Only while it is still the server that was asked.
            type(self).objects.filter(pk=self.pk, address=self.address).update(**fields)
            if problem or self.problem or list(listed or ()) != self.listed:
                servers.announce()
        self.refresh_from_db()

    def remove(self) -> None:
        """With its workflows. Rings that use its models say so from now on."""
        with transaction.atomic():
            self.delete()
            servers.announce()

    # Properties

    @property
    def known(self) -> servers.Server:
        return servers.Server(
            slug=self.slug,
            name=self.name,
            kind=servers.Kind(self.kind),
            address=self.address,
            enabled=self.enabled,
            key=self.key,
            listed=tuple(self.listed),
            problem=self.problem,
            looked_at=self.looked_at,
        )


class UploadedWorkflow(models.Model):
    """A ComfyUI workflow as a model. Without a server it is for that of COMFYUI_BASE_URL."""

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
                slug=free_slug(cls, name, "workflow"),
                name=name,
                content=found.graph,
                takes=found.takes,
                gives=found.gives,
                deadline_seconds=deadline_seconds,
            )
            servers.announce()
        return made

    # Mutators

    def remove(self) -> None:
        with transaction.atomic():
            self.delete()
            servers.announce()

    # Properties

    @property
    def model_id(self) -> str:
        return f"comfyui:{self.slug}"

    @property
    def known(self) -> servers.Flow:
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
            note="A workflow of this house.",
        )
        return servers.Flow(model, found, self.server.slug if self.server else "")


def all_known() -> servers.Known:
    """Everything, in two queries."""
    added = {one.slug: one.known for one in Server.objects.order_by("id")}
    flows = {}
    for row in UploadedWorkflow.objects.select_related("server").order_by("id"):
        try:
            flows[row.model_id] = row.known
        except workflow.NotAWorkflow:
            servers.logger.warning("The workflow %s is not understood any more.", row)
    return servers.Known(added, flows)


def free_slug(kind: type[Server | UploadedWorkflow], name: str, otherwise: str) -> str:
    """Made from the name, once and for all."""
    slug = slugify(name)[:40].strip("-") or otherwise
    rows = cast("models.Manager[Server | UploadedWorkflow]", kind._default_manager)
    taken = slug in settings.COMPATIBLE_SERVERS or rows.filter(slug=slug).exists()
    if not taken:
        return slug
    return f"{slug}-{secrets.token_hex(2)}"
