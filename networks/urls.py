"""URLs of networks that need no runs. Studio, archive and displays have the others; panic/urls.py joins them."""

from __future__ import annotations

from django.urls import path

from .views import editor, networks, settings

urlpatterns = [
    path("networks/new/", networks.new, name="new"),
    path("networks/archive/", networks.bulk, name="bulk"),
    path("n/<slug:slug>/edit/", editor.edit, name="edit"),
    path("n/<slug:slug>/qr/", networks.qr, name="qr"),
    path("n/<slug:slug>/qr/revoke/", networks.revoke_codes, name="revoke-codes"),
    path("n/<slug:slug>/settings/", settings.settings, name="settings"),
    path("n/<slug:slug>/keys/", settings.keys, name="keys"),
    path("n/<slug:slug>/share/", settings.share, name="share"),
    path("n/<slug:slug>/share/<slug:share_id>/remove/", settings.unshare, name="unshare"),
    path("n/<slug:slug>/leave/", networks.leave, name="leave"),
    path("n/<slug:slug>/duplicate/", networks.duplicate, name="duplicate"),
    path("n/<slug:slug>/archive/", networks.archive, name="archive"),
    path("n/<slug:slug>/delete/", networks.delete, name="delete"),
]
