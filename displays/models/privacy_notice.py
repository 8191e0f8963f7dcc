"""What visitors are told about their words, as an admin has written it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User


class PrivacyNotice(models.Model):
    """One version of the notice in one language; the newest counts, an empty one stands for the usual text."""

    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()  # of its language, from 1
    text = models.TextField(blank=True)  # Markdown
    written_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["language", "version"], name="privacy_notice_version"),
        ]

    def __str__(self) -> str:
        return f"{self.language}, version {self.version}"

    # Queries

    @classmethod
    def newest(cls, language: str) -> PrivacyNotice | None:
        return cls.objects.filter(language=language).order_by("-version").first()
