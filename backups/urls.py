"""Addresses of the backups."""

from __future__ import annotations

from django.urls import path

from .views import backups

urlpatterns = [
    path("mission-control/backups/", backups.index, name="backups"),
    path("mission-control/backups/make/", backups.make, name="make-backup"),
    path("mission-control/backups/<str:name>", backups.download, name="backup"),
]
