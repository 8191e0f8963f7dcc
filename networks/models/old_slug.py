"""The addresses that networks had before."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class OldSlug(models.Model):
    """An address that was in use. It is never given to another network, not even once its own is
    deleted (`network` is None): a printed code must not lead to somebody else's work. Its owner alone
    may use it again."""

    slug = models.SlugField(max_length=60, unique=True)
    network = models.ForeignKey(
        "networks.Network", null=True, on_delete=models.SET_NULL, related_name="old_slugs"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.slug
