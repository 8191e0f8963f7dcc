"""Addresses of the pages of the farm."""

from __future__ import annotations

from django.urls import path

from .views import workers

urlpatterns = [
    path("farm/", workers.index, name="farm"),
    path("farm/tokens/", workers.issue_token, name="farm-token"),
    path("farm/requests/", workers.request_status, name="farm-requests"),
    path("farm/<slug:public_id>/", workers.detail, name="farm-worker"),
    path("farm/<slug:public_id>/archive/", workers.archive, name="farm-archive"),
]
