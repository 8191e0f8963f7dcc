"""Addresses of networks that need to know nothing of runs; the rest of them are the control room's
and the terminal's (panic/urls.py puts the three together)."""

from __future__ import annotations

from django.urls import path

from . import ring_views, upkeep_pages, views

urlpatterns = [
    path("networks/new/", views.new, name="new"),
    path("n/<slug:slug>/edit/", ring_views.edit, name="edit"),
    path("n/<slug:slug>/qr/", views.qr, name="qr"),
    path("n/<slug:slug>/settings/", upkeep_pages.settings, name="settings"),
    path("n/<slug:slug>/share/", upkeep_pages.share, name="share"),
    path("n/<slug:slug>/share/<slug:share_id>/remove/", upkeep_pages.unshare, name="unshare"),
    path("n/<slug:slug>/leave/", upkeep_pages.leave, name="leave"),
    path("n/<slug:slug>/duplicate/", upkeep_pages.duplicate, name="duplicate"),
    path("n/<slug:slug>/archive/", upkeep_pages.archive, name="archive"),
    path("n/<slug:slug>/delete/", upkeep_pages.delete, name="delete"),
]
