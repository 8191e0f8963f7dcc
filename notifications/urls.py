"""Addresses of channels."""

from __future__ import annotations

from django.urls import path

from .views import channels

app_name = "notifications"
urlpatterns = [
    path("", channels.index, name="list"),
    path("new/", channels.new, name="new"),
    path("<slug:public_id>/", channels.detail, name="detail"),
    path("<slug:public_id>/deliveries/", channels.deliveries, name="deliveries"),
    path("<slug:public_id>/test/", channels.test, name="test"),
    path("<slug:public_id>/delete/", channels.delete, name="delete"),
]
