"""Addresses of the control room, of models, and of mission control."""

from __future__ import annotations

from django.urls import path

from .views import control_room, mission_control, models, networks

# In the namespace `networks`
of_networks = [
    path("networks/", networks.index, name="list"),
    path("n/<slug:slug>/", control_room.detail, name="detail"),
    path("n/<slug:slug>/start/", control_room.start, name="start"),
    path("n/<slug:slug>/waiting/", control_room.waiting, name="waiting"),
    path("n/<slug:slug>/warm/", control_room.warm, name="warm"),
    *(
        path(f"n/<slug:slug>/{action}/", control_room.control_run, {"action": action}, name=action)
        for action in ("stop", "pause", "resume")
    ),
]
of_models = [
    path("", models.index, name="list"),
    path("compare/", models.compare, name="compare"),
    path("<path:model_id>/", models.detail, name="detail"),
]
of_mission_control = [
    path("mission-control/", mission_control.control, name="mission-control"),
    path("mission-control/figures/", mission_control.figures, name="mission-control-figures"),
    path("mission-control/featured/", mission_control.featured, name="featured"),
    path("mission-control/stop-all/", mission_control.stop_all, name="stop-all"),
    path("mission-control/resume-all/", mission_control.resume_all, name="resume-all"),
]
