"""Addresses of what can be said of runs and networks."""

from __future__ import annotations

from django.urls import path

from .views import networks, reports, search

# In the namespace `networks`
of_networks = [path("n/<slug:slug>/observatory/", networks.of_network, name="observatory")]
urlpatterns = [
    path("search/", search.by_meaning, name="search"),
    path("report/", reports.report, name="report"),
    path("report/persistence/", reports.persistence, name="persistence"),
    path("report/<slug:table>.csv", reports.export, name="export"),
    path("report/<slug:table>.parquet", reports.export_parquet, name="export-parquet"),
]
