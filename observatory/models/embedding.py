"""Embeddings: what was put out as vectors of length one, whose distances say how alike two outputs are."""

from __future__ import annotations

from typing import ClassVar, cast

from django.db import models
from django.utils import timezone

from assets.kinds import MediaKind
from invocations.models import Invocation, Run
from invocations.states import InvocationState

TEXT_MODEL = "all-minilm-l6-v2/1"
IMAGE_MODEL = "efficientnet-lite0/1"
BYTES_OF_TEXT, BYTES_OF_IMAGE = 2 * 384, 2 * 1280


class OutputKind(models.TextChoices):
    TEXT = "text"
    IMAGE = "image"


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def usable(self, kind: OutputKind) -> EmbeddingQuerySet:
        """With a vector of the model in use: only these can be compared with each other."""
        model = TEXT_MODEL if kind == OutputKind.TEXT else IMAGE_MODEL
        return self.filter(kind=kind, model=model, vector__isnull=False)


class Embedding(models.Model):
    """Of one output. Without a vector there is a `problem`: then it is not tried again."""

    invocation = models.OneToOneField(
        Invocation, on_delete=models.CASCADE, primary_key=True, related_name="embedding"
    )
    kind = models.CharField(max_length=5, choices=OutputKind.choices)
    model = models.CharField(max_length=60)  # its name and version
    vector = models.BinaryField(null=True)  # float16, little-endian
    problem = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[EmbeddingQuerySet] = cast("EmbeddingQuerySet", EmbeddingQuerySet.as_manager())

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="embedding_created")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vector__isnull=False) | ~models.Q(problem=""),
                name="embedding_has_vector_or_problem",
            )
        ]

    def __str__(self) -> str:
        return f"{self.invocation_id} {self.model}"


class PromptEmbedding(models.Model):
    """Of the words that a run began with."""

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="prompt_embedding"
    )
    model = models.CharField(max_length=60)
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.model}"


class LateStep(models.Model):
    """A step that was still under way when the queue of embeddings had passed its row."""

    invocation = models.OneToOneField(
        Invocation, on_delete=models.CASCADE, primary_key=True, related_name="late_step"
    )

    def __str__(self) -> str:
        return str(self.invocation_id)


def embeddable() -> models.Q:
    """A filter of steps: what a model itself has put out, of runs that were not withdrawn, where nobody has
    taken it down."""
    text = models.Q(output_asset__isnull=True) & ~models.Q(output_text="")
    image = models.Q(output_asset__kind=MediaKind.IMAGE)
    return models.Q(
        text | image,
        state=InvocationState.COMPLETED,
        substituted=False,
        run__withdrawn_at__isnull=True,
    )
