"""Every address of the product: those of each app, and the pages of the whole installation."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

import archive.urls
import backups.urls
import credentials.urls
import displays.urls
import farm.urls
import films.urls
import invocations.urls
import networks.urls
import observatory.urls
import streams.urls
import studio.urls
from accounts.views.passwords import admin_sign_in
from panic import health, operation_views, retention_views, views
from panic.api import farm_routes, routes

# One namespace, filled by several apps: each layer adds the pages that need what it knows.
_networks = [
    *networks.urls.urlpatterns,
    *displays.urls.of_networks,
    *archive.urls.of_networks,
    *studio.urls.of_networks,
    *streams.urls.of_networks,
    *observatory.urls.of_networks,
]

_invocations = [*archive.urls.of_invocations, *displays.urls.of_invocations]

admin.site.site_title = "PANIC!"
admin.site.site_header = "PANIC! in tables"
admin.site.index_title = "What is kept"

urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    # Exempt: a page of others that sends this changes nothing but the language
    path("language/", csrf_exempt(set_language), name="language"),
    path("assets/", include("assets.urls")),
    *displays.urls.of_boards,
    *displays.urls.of_privacy,
    path("account/keys/", include((credentials.urls.key_urls, "keys"))),
    path("account/notifications/", include("notifications.urls")),
    path("account/", include("accounts.urls")),
    path("", include((_networks, "networks"))),
    *films.urls.urlpatterns,
    path("runs/", include((archive.urls.of_runs, "runs"))),
    path("invocations/", include((_invocations, "invocations"))),
    path("observatory/", include((observatory.urls.urlpatterns, "observatory"))),
    path("models/", include((studio.urls.of_models, "models"))),
    *archive.urls.of_visitors,
    path("installations/", include((displays.urls.of_installations, "installations"))),
    *displays.urls.of_screens,
    *displays.urls.of_kiosks,
    *studio.urls.of_mission_control,
    path("mission-control/under-way/", operation_views.work, name="mission-control-work"),
    path(
        "mission-control/under-way/now/", operation_views.work_now, name="mission-control-work-now"
    ),
    path("mission-control/under-way/act/", operation_views.act_on_runs, name="mission-control-act"),
    path("mission-control/disk/", operation_views.disk_banner, name="disk-banner"),
    path("mission-control/errors/", operation_views.errors, name="mission-control-errors"),
    path("mission-control/storage/", retention_views.storage, name="mission-control-storage"),
    path(
        "mission-control/storage/bundles/",
        retention_views.bundles,
        name="mission-control-storage-bundles",
    ),
    *backups.urls.urlpatterns,
    *displays.urls.of_mission_control,
    *credentials.urls.server_urls,
    *invocations.urls.provider_urls,
    path("api/v1/", routes.urls()),
    path("api/farm/v1/", farm_routes.urls()),
    *farm.urls.urlpatterns,
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
]
if settings.DEBUG:
    urlpatterns.append(path("style/", views.style, name="style"))

handler500 = "panic.views.server_error"
