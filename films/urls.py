"""Addresses of films."""

from __future__ import annotations

from django.urls import path

from .views import acts, films, new, storage

urlpatterns = [
    path("films/", films.index, name="films"),
    path("films/new/", new.of_clip, name="film-new"),
    path("films/storage/", storage.storage, name="film-storage"),
    path("films/storage/<slug:public_id>/remove/", storage.remove_upload, name="remove-upload"),
    path("films/shared/<slug:key>/", films.shared, name="film-shared"),
    path("films/<slug:public_id>/", films.detail, name="film"),
    path("films/<slug:public_id>/act/", acts.act, name="film-act"),
    path("runs/<slug:public_id>/film/", new.of_run, name="film-of-run"),
]
