"""The product's addresses with the style page, which otherwise only DEBUG shows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from panic import urls, views


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the operator")


handler500 = urls.handler500
urlpatterns = [*urls.urlpatterns, path("style/", views.style), path("break/", break_down)]
