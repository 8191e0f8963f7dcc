"""Addresses of keys, and of model servers and their workflows."""

from __future__ import annotations

from django.urls import path

from .views import credentials, operator_keys, servers

key_urls = [
    path("", credentials.index, name="list"),
    path("house/", operator_keys.index, name="operator"),
    path("house/<slug:platform>/test/", operator_keys.test, name="test-operator-key"),
    path("house/people/<slug:public_id>/", operator_keys.allow, name="allow-operator-keys"),
    path("<slug:key_id>/", credentials.detail, name="detail"),
    path("<slug:key_id>/replace/", credentials.replace, name="replace"),
    path("<slug:key_id>/lend/", credentials.lend, name="lend"),
    path("<slug:key_id>/lend/<slug:loan_id>/end/", credentials.take_back, name="take-back"),
    path("<slug:key_id>/test/", credentials.test, name="test"),
    path("<slug:key_id>/delete/", credentials.delete, name="delete"),
]
server_urls = [
    path("mission-control/servers/", servers.index, name="servers"),
    path("mission-control/servers/add/", servers.add, name="add-server"),
    path("mission-control/servers/workflow/", servers.add_workflow, name="add-workflow"),
    path(
        "mission-control/servers/workflow/<slug:public_id>/remove/",
        servers.remove_workflow,
        name="remove-workflow",
    ),
    path(
        "mission-control/servers/workflow/<slug:public_id>/",
        servers.workflow,
        name="uploaded-workflow",
    ),
    path("mission-control/servers/<slug:public_id>/", servers.detail, name="server"),
    path("mission-control/servers/<slug:public_id>/look/", servers.look, name="look-at-server"),
    path("mission-control/servers/<slug:public_id>/remove/", servers.remove, name="remove-server"),
]
