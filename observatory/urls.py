"""Addresses of what can be said of runs and networks."""

from __future__ import annotations

from django.urls import path

from .views import reports

app_name = "observatory"
urlpatterns = [path("report/", reports.report, name="report")]
