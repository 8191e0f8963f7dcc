"""Addresses of runs and their steps, of contact sheets and of visitor pages."""

from __future__ import annotations

from django.urls import path

from .views import (
    bundles,
    contact_sheets,
    pairs,
    redraws,
    run_list,
    runs,
    steps,
    trajectories,
    visitor_pages,
)

# In the namespace `networks`
of_networks = [path("n/<slug:slug>/runs/", run_list.runs_of_network, name="runs")]
of_runs = [
    path("", run_list.index, name="list"),
    path("import/", bundles.import_bundle, name="import"),
    path("bulk/", run_list.bulk, name="bulk"),
    path("<slug:public_id>/", runs.detail, name="detail"),
    path("<slug:public_id>/export/", bundles.export, name="export"),
    path("<slug:public_id>/compare/", runs.compare, name="compare"),
    path("<slug:public_id>/pair/", pairs.pair, name="pair"),
    path("<slug:public_id>/trajectory/", trajectories.trajectory, name="trajectory"),
    path("<slug:public_id>/rate/", runs.rate, name="rate"),
    path("<slug:public_id>/sheets/", contact_sheets.make, name="make-contact-sheet"),
    path("<slug:public_id>/keep/", runs.keep, name="keep"),
    path("<slug:public_id>/delete/", runs.delete, name="delete"),
]
of_invocations = [
    path("<slug:public_id>/", steps.step, name="detail"),
    path("<slug:public_id>/picture.svg", steps.text_picture, name="text-picture"),
    path("<slug:public_id>/branch/", steps.branch, name="branch"),
    path("<slug:public_id>/redraw/", redraws.redraw, name="redraw"),
    path("<slug:public_id>/short/", steps.shorten, name="shorten"),
]
of_visitors = [
    path("souvenirs/<slug:key>/", visitor_pages.visitor_page, name="visitor-page"),
    path("souvenirs/<slug:key>/withdraw/", visitor_pages.withdraw, name="withdraw"),
    path("souvenirs/<slug:key>/code.svg", visitor_pages.code, name="visitor-page-code"),
    path("sheets/<slug:public_id>/", contact_sheets.detail, name="contact-sheet"),
    path("sheets/<slug:public_id>/delete/", contact_sheets.delete, name="delete-contact-sheet"),
]
