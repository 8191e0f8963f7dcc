"""Addresses of what visitors touch and see."""

from __future__ import annotations

from django.urls import path

from . import board_views, kiosk, views

# In the namespace `networks`
of_networks = [
    path("n/<slug:slug>/terminal/", views.terminal, name="terminal"),
    path("n/<slug:slug>/wall/", views.wall, name="wall"),
]
of_screens = [
    path("i/worker.js", kiosk.worker, name="display-worker"),
    path("i/<slug:installation>/<slug:name>/", kiosk.display, name="display"),
    path("kiosk/", kiosk.kiosk, name="kiosk"),
    path("r/<slug:code>", kiosk.short, name="short"),
    path("r/<slug:code>/", kiosk.short),
]
of_boards = [
    path("account/boards/", board_views.index, name="boards"),
    path("account/boards/add/", board_views.add, name="add-board"),
    path("account/boards/<slug:public_id>/", board_views.detail, name="board"),
    path("account/boards/<slug:public_id>/show/", board_views.show, name="show-on-board"),
    path("account/boards/<slug:public_id>/remove/", board_views.remove, name="remove-board"),
]
