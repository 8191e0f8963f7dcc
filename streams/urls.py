"""Addresses of a network as a channel."""

from __future__ import annotations

from django.urls import path

from .views import control, live

# In the namespace `networks`
of_networks = [
    path("n/<slug:slug>/live/", live.player, name="live"),
    path("n/<slug:slug>/live/now/", live.now, name="live-now"),
    path("n/<slug:slug>/live/index.m3u8", live.playlist, name="live-playlist"),
    path("n/<slug:slug>/live/<int:sequence>.ts", live.segment, name="live-segment"),
    path("n/<slug:slug>/stream/", control.page, name="stream"),
    path("n/<slug:slug>/stream/health/", control.health, name="stream-health"),
    path("n/<slug:slug>/stream/targets/", control.add_target, name="add-stream-target"),
    path(
        "n/<slug:slug>/stream/targets/<slug:target_id>/",
        control.change_target,
        name="stream-target",
    ),
]
