"""Addresses of media; included at `/assets/`. Asset.url and its kin spell the same ones."""

from __future__ import annotations

from django.urls import re_path

from .views import media

app_name = "assets"
urlpatterns = [
    re_path(
        r"^(?P<sha256>[0-9a-f]{64})\.(?P<extension>[a-z0-9]{1,5})$", media.original, name="original"
    ),
    re_path(
        r"^(?P<sha256>[0-9a-f]{64})/(?P<size>tile|screen|poster)\.webp$",
        media.rendition,
        name="rendition",
    ),
]
