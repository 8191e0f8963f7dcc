"""Addresses of networks that need to know nothing of runs; the rest of them are the control room's
and the terminal's (panic/urls.py puts the three together)."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("networks/new/", views.new, name="new"),
    path("n/<slug:slug>/edit/", views.edit, name="edit"),
    path("n/<slug:slug>/qr/", views.qr, name="qr"),
]
