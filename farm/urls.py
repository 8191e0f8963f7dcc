"""Addresses of the pages of the farm."""

from __future__ import annotations

from django.urls import path

from .views import blocklists, film_work, logs, previews, workers

urlpatterns = [
    path("farm/", workers.index, name="farm"),
    path("farm/tokens/", workers.issue_token, name="farm-token"),
    path("farm/tokens/<slug:token_id>/revoke/", workers.revoke_token, name="farm-revoke"),
    path(
        "runs/<slug:run_id>/blocklist/<slug:entry_id>/remove/",
        blocklists.unblock,
        name="farm-unblock",
    ),
    path("invocations/<slug:step_id>/retry/", blocklists.retry, name="farm-retry"),
    path("invocations/<slug:step_id>/log/", logs.log, name="farm-log"),
    path("invocations/<slug:step_id>/log/download/", logs.download, name="farm-log-file"),
    path("invocations/<slug:step_id>/preview/", previews.preview, name="farm-preview"),
    path("farm/changes/", workers.change_several, name="farm-changes"),
    path("farm/<slug:public_id>/", workers.detail, name="farm-worker"),
    path("farm/<slug:public_id>/status/", workers.request_status, name="farm-status"),
    path("farm/<slug:public_id>/sleep/", workers.change_sleep, name="farm-sleep"),
    path("farm/<slug:public_id>/film-log/", film_work.log, name="farm-film-log"),
    path("farm/<slug:public_id>/film-preview/", film_work.preview, name="farm-film-preview"),
    path("farm/<slug:public_id>/secret/", workers.rotate_secret, name="farm-secret"),
    path("farm/<slug:public_id>/archive/", workers.archive, name="farm-archive"),
]
