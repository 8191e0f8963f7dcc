"""Addresses of what visitors touch and see."""

from __future__ import annotations

from django.urls import path

from .views import (
    attendant,
    boards,
    claims,
    displays,
    fleet,
    installations,
    kiosk,
    pressing,
    privacy,
    receipts,
    terminal,
    timelines,
    unlocking,
)

# In the namespace `networks`
of_networks = [
    path("n/<slug:slug>/terminal/", terminal.terminal, name="terminal"),
    path("n/<slug:slug>/attendant/", attendant.page, name="attendant"),
    path("n/<slug:slug>/wall/", terminal.wall, name="wall"),
    path("n/<slug:slug>/wall/code.svg", terminal.wall_code, name="wall-code"),
]
# In the namespace `invocations`
of_invocations = [path("<slug:public_id>/timeline/", timelines.timeline, name="timeline")]
_ONE = "<slug:installation_id>/"
of_installations = [
    path("", installations.index, name="list"),
    path("new/", installations.new, name="new"),
    path("claim/", claims.claim, name="claim"),
    path(_ONE, installations.detail, name="detail"),
    path(f"{_ONE}change/", installations.change, name="change"),
    path(f"{_ONE}hours/", installations.change_hours, name="hours"),
    path(f"{_ONE}identify/", installations.identify, name="identify"),
    path(f"{_ONE}duplicate/", installations.duplicate, name="duplicate"),
    path(f"{_ONE}delete/", installations.delete, name="delete"),
    path(f"{_ONE}fleet/", fleet.index, name="fleet"),
    path(f"{_ONE}fleet/do/", fleet.act, name="fleet-act"),
    path(f"{_ONE}displays/", displays.add, name="add-display"),
    path(f"{_ONE}order/", displays.move, name="move-display"),
    path(f"{_ONE}displays/<slug:name>/", displays.change, name="display"),
    path(f"{_ONE}displays/<slug:name>/remove/", displays.remove, name="remove-display"),
    path(f"{_ONE}screens/<slug:code>/release/", claims.release, name="release-screen"),
]
of_screens = [
    path("i/worker.js", kiosk.worker, name="display-worker"),
    path("i/<slug:installation>/<slug:name>/", kiosk.display, name="display"),
    path("i/<slug:installation>/<slug:name>/code.svg", kiosk.code, name="display-code"),
    path("i/<slug:installation>/<slug:name>/press/", pressing.press, name="press-display"),
    path("kiosk/", kiosk.kiosk, name="kiosk"),
    path("r/<slug:code>", kiosk.short, name="short"),
    path("r/<slug:code>/", kiosk.short),
]
of_kiosks = [
    path("unlock/", unlocking.unlock, name="unlock"),
    path("unlock/lock/", unlocking.lock, name="lock"),
    path("unlock/stop-all/", unlocking.stop_all, name="unlocked-stop"),
]
of_privacy = [
    path("privacy/", privacy.notice, name="privacy"),
    path("account/privacy/", privacy.write, name="write-privacy"),
]
of_mission_control = [
    path("mission-control/stop-all/<slug:public_id>/", receipts.receipt, name="receipt"),
]
of_boards = [
    path("account/boards/", boards.index, name="boards"),
    path("account/boards/add/", boards.add, name="add-board"),
    path("account/boards/remove/", boards.bulk, name="remove-boards"),
    path("account/boards/<slug:public_id>/", boards.detail, name="board"),
    path("account/boards/<slug:public_id>/show/", boards.show, name="show-on-board"),
    path("account/boards/<slug:public_id>/remove/", boards.remove, name="remove-board"),
]
