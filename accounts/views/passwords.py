"""Signing in, and passwords: set by a link, changed by their owner, lost and found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    PasswordResetConfirmView,
    redirect_to_login,
)
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from accounts import known_devices, members, password_mails
from accounts.forms.passwords import FirstPasswordForm, ForgottenForm, NewPasswordForm, SignInForm
from accounts.models import AuditEntry, User
from lib.proxies import client_address


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if seconds := known_devices.seconds_to_wait(request):
            wait = ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
            return _too_many_tries(request, wait, seconds)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_valid(form)
        known_devices.remember(self.request, response, form.get_user())
        AuditEntry.record(form.get_user(), "person.signed_in", client_address(self.request))
        AuditEntry.prune(timezone.now())
        return response


class ChangePassword(PasswordChangeView):
    form_class = NewPasswordForm
    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:home")

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        """Every other session of theirs ends: Django's hold a digest of the password."""
        messages.success(
            self.request,
            gettext(
                "Your password is changed. Wherever else you were signed in, you are not any more."
            ),
        )
        AuditEntry.record(form.user, "password.changed")
        return super().form_valid(form)


class SetPassword(PasswordResetConfirmView):
    """Behind a link of `members.link_path`. Django keeps the token out of the page's address."""

    form_class = FirstPasswordForm
    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("networks:list")
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"

    def get_user(self, uidb64: str) -> User | None:
        return User.objects.filter(public_id=uidb64, is_active=True).first()

    def form_valid(self, form: FirstPasswordForm) -> HttpResponse:  # type: ignore[override]
        messages.success(self.request, gettext("Your password is set, and you are signed in."))
        AuditEntry.record(form.user, "password.set", "by a link")
        response = super().form_valid(form)
        known_devices.remember(self.request, response, form.user)
        return response


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Sends a link where the installation can mail one; says whom to ask where it cannot."""
    can_mail = password_mails.can_mail()
    form = ForgottenForm(request.POST if can_mail and request.method == "POST" else None)
    if form.is_valid():
        password_mails.send_link(form.cleaned_data["email"])
        # The same sentence for everybody: it never tells who has an account.
        note = gettext(
            "If there is an account with this address, a link is on its way to it. "
            "One is sent every five minutes at most."
        )
        messages.success(request, note)
        return redirect("accounts:sign_in")
    return render(request, "accounts/forgotten.html", {"form": form, "can_mail": can_mail})


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """What somebody sees who has failed to sign in too often. On record once, not at each try."""
    minutes = settings.SIGN_IN_REST_MINUTES
    about = f"{members.sign_in_address(request, None)} from {client_address(request)}"
    lately = timezone.now() - timedelta(minutes=minutes)
    if not AuditEntry.objects.filter(at__gt=lately, action="sign_in.locked", about=about).exists():
        AuditEntry.record(None, "sign_in.locked", about)
    wait = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return _too_many_tries(request, wait, minutes * 60)


def _too_many_tries(request: HttpRequest, wait: str, seconds: int) -> HttpResponse:
    response = render(request, "accounts/locked_out.html", {"wait": wait}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Django's own sign-in page would have rules of its own: it leads to ours."""
    if request.user.is_authenticated:
        raise PermissionDenied(gettext("Only admins look behind the scenes."))
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
