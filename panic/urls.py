"""Every address of the product: one line per app."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

import displays.urls
import invocations.urls
import networks.urls
from accounts.views.passwords import of_admin
from panic import api, health, metrics, views

# One namespace, filled by three apps: each layer adds the pages that need what it knows.
_networks = [*networks.urls.urlpatterns, *displays.urls.of_networks, *invocations.urls.of_networks]

admin.site.site_title = "PANIC!"
admin.site.site_header = "PANIC! in tables"
admin.site.index_title = "What is kept"

urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("assets/", include("assets.urls")),
    *displays.urls.of_boards,
    path("account/keys/", include((networks.urls.of_keys, "keys"))),
    path("account/", include("accounts.urls")),
    path("", include((_networks, "networks"))),
    path("runs/", include((invocations.urls.of_runs, "runs"))),
    path("invocations/", include((invocations.urls.of_invocations, "invocations"))),
    path("models/", include((invocations.urls.of_models, "models"))),
    *invocations.urls.of_keepsakes,
    *displays.urls.of_screens,
    *invocations.urls.of_mission_control,
    *invocations.urls.of_providers,
    path("api/v1/", api.urls()),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("admin/login/", of_admin),
    path("admin/", admin.site.urls),
]
if settings.DEBUG:
    urlpatterns.append(path("style/", views.style, name="style"))

handler500 = "panic.views.server_error"
