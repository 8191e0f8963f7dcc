"""The privacy notice: for visitors to read, and for an admin to write."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.views.members import admins_only
from displays import privacy
from displays.views.unlocking import way_back
from lib import markdown
from lib.languages import use_language
from lib.validation import Invalid


@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """In the language of the page, or `lang`: that of the terminal it was opened from."""
    use_language(request, request.GET.get("lang", "")[:10])
    shown = privacy.notice(get_language() or "en")
    context = {"notice": markdown.render_page(shown.text), "back": way_back(request)}
    return render(request, "displays/privacy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def write(request: HttpRequest) -> HttpResponse:
    """One language at a time."""
    problem: dict[str, str] = {}
    if request.method == "POST":
        language, text = request.POST.get("language", ""), request.POST.get("text", "")
        try:
            written = privacy.write(language=language, text=text, by=cast("User", request.user))
        except Invalid as wrong:
            problem = {"language": language, "sentence": " ".join(wrong.errors.values())}
        else:
            messages.success(request, _("Saved: %(language)s.") % {"language": written.name})
            return redirect("write-privacy")
    context = {"notices": privacy.notices(), "problem": problem}
    status = 422 if problem else 200
    return render(request, "displays/write_privacy.html", context, status=status)
