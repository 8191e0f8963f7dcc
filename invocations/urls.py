"""Addresses of the control room, of runs and steps, of models, and of mission control."""

from __future__ import annotations

from django.urls import path

from .views import (
    bundles,
    callbacks,
    machines,
    mission,
    models,
    past,
    room,
    sheets,
    shelves,
    souvenirs,
    steps,
    strips,
)

# In the namespace `networks`
of_networks = [
    path("networks/", shelves.index, name="list"),
    path("n/<slug:slug>/", room.detail, name="detail"),
    path("n/<slug:slug>/runs/", past.of_network, name="runs"),
    path("n/<slug:slug>/start/", room.start, name="start"),
    path("n/<slug:slug>/stop/", room.stop, name="stop"),
    path("n/<slug:slug>/pause/", room.pause, name="pause"),
    path("n/<slug:slug>/warm/", room.warm, name="warm"),
    path("n/<slug:slug>/resume/", room.resume, name="resume"),
]
of_runs = [
    path("", past.index, name="list"),
    path("import/", bundles.take_in, name="import"),
    path("<slug:public_id>/", strips.run, name="detail"),
    path("<slug:public_id>/export/", bundles.export, name="export"),
    path("<slug:public_id>/compare/", strips.compare, name="compare"),
    path("<slug:public_id>/rate/", strips.rate, name="rate"),
    path("<slug:public_id>/sheets/", strips.make_sheet, name="make-sheet"),
    path("<slug:public_id>/delete/", strips.delete, name="delete"),
]
of_invocations = [
    path("<slug:public_id>/", steps.step, name="detail"),
    path("<slug:public_id>/branch/", steps.branch, name="branch"),
    path("<slug:public_id>/short/", steps.shorten, name="shorten"),
]
of_keepsakes = [
    path("souvenirs/<slug:key>/", souvenirs.souvenir, name="souvenir"),
    path("souvenirs/<slug:key>/withdraw/", souvenirs.withdraw, name="withdraw"),
    path("souvenirs/<slug:key>/code.svg", souvenirs.code, name="souvenir-code"),
    path("sheets/<slug:public_id>/", sheets.sheet, name="sheet"),
    path("sheets/<slug:public_id>/delete/", sheets.delete, name="delete-sheet"),
]
of_models = [
    path("", models.index, name="list"),
    path("compare/", models.compare, name="compare"),
    path("<path:model_id>/", models.detail, name="detail"),
]
of_providers = [
    path(
        "webhooks/<slug:platform>/<slug:credential>/<slug:bell>/",
        callbacks.ring,
        name="callback",
    )
]
of_mission_control = [
    path("mission-control/", mission.control, name="mission-control"),
    path("mission-control/figures/", mission.figures, name="mission-control-figures"),
    path("mission-control/stop-all/", mission.stop_all, name="stop-all"),
    path("mission-control/resume-all/", mission.resume_all, name="resume-all"),
    path("mission-control/stop-all/<slug:public_id>/", mission.receipt, name="receipt"),
    path("mission-control/servers/", machines.index, name="servers"),
    path("mission-control/servers/add/", machines.add, name="add-server"),
    path("mission-control/servers/workflow/", machines.add_workflow, name="add-workflow"),
    path(
        "mission-control/servers/workflow/<slug:public_id>/remove/",
        machines.remove_workflow,
        name="remove-workflow",
    ),
    path("mission-control/servers/<slug:public_id>/", machines.detail, name="server"),
    path("mission-control/servers/<slug:public_id>/look/", machines.look, name="look-at-server"),
    path("mission-control/servers/<slug:public_id>/remove/", machines.remove, name="remove-server"),
]
