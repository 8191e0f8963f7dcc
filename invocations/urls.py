"""Addresses that providers call."""

from __future__ import annotations

from django.urls import path

from .views import webhooks

provider_urls = [
    path(
        "webhooks/<slug:platform>/<slug:credential>/<slug:webhook_key>/",
        webhooks.webhook,
        name="callback",
    )
]
