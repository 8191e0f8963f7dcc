"""Addresses of networks that need to know nothing of runs; the rest of them are the control room's
and the terminal's (panic/urls.py puts the three together)."""

from __future__ import annotations

from django.urls import path

from . import key_pages, ring_views, upkeep_pages, views

urlpatterns = [
    path("networks/new/", views.new, name="new"),
    path("n/<slug:slug>/edit/", ring_views.edit, name="edit"),
    path("n/<slug:slug>/qr/", views.qr, name="qr"),
    path("n/<slug:slug>/settings/", upkeep_pages.settings, name="settings"),
    path("n/<slug:slug>/keys/", key_pages.of_network, name="keys"),
    path("n/<slug:slug>/share/", upkeep_pages.share, name="share"),
    path("n/<slug:slug>/share/<slug:share_id>/remove/", upkeep_pages.unshare, name="unshare"),
    path("n/<slug:slug>/leave/", upkeep_pages.leave, name="leave"),
    path("n/<slug:slug>/duplicate/", upkeep_pages.duplicate, name="duplicate"),
    path("n/<slug:slug>/archive/", upkeep_pages.archive, name="archive"),
    path("n/<slug:slug>/delete/", upkeep_pages.delete, name="delete"),
]
of_keys = [
    path("", key_pages.index, name="list"),
    path("house/", key_pages.house, name="house"),
    path("house/<slug:platform>/test/", key_pages.test_house, name="test-house"),
    path("house/people/<slug:public_id>/", key_pages.let_use, name="let-use"),
    path("<slug:key_id>/", key_pages.detail, name="detail"),
    path("<slug:key_id>/replace/", key_pages.replace, name="replace"),
    path("<slug:key_id>/lend/", key_pages.lend, name="lend"),
    path("<slug:key_id>/lend/<slug:loan_id>/end/", key_pages.take_back, name="take-back"),
    path("<slug:key_id>/test/", key_pages.test, name="test"),
    path("<slug:key_id>/delete/", key_pages.delete, name="delete"),
]
