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
    PasswordResetView,
    redirect_to_login,
)
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from accounts import people
from accounts.forms import FirstPasswordForm, ForgottenForm, NewPasswordForm, SignInForm
from accounts.models import AuditEntry, User


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_valid(form)
        AuditEntry.record(form.get_user(), "person.signed_in", client_address(self.request))
        AuditEntry.prune(timezone.now())
        return response


class ChangePassword(PasswordChangeView):
    form_class = NewPasswordForm
    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:home")

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        """Every other session of theirs ends: Django's hold a digest of the password."""
        note = "Your password is changed. Wherever else you were signed in, you are not any more."
        messages.success(self.request, note)
        AuditEntry.record(form.user, "password.changed")
        return super().form_valid(form)


class SetPassword(PasswordResetConfirmView):
    """Behind a link of `people.link_path`. Django keeps the token out of the page's address."""

    form_class = FirstPasswordForm
    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("networks:list")
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"

    def get_user(self, uidb64: str) -> User | None:
        return User.objects.filter(public_id=uidb64, is_active=True).first()

    def form_valid(self, form: FirstPasswordForm) -> HttpResponse:  # type: ignore[override]
        messages.success(self.request, "Your password is set, and you are signed in.")
        AuditEntry.record(form.user, "password.set", "by a link")
        return super().form_valid(form)


class Forgotten(PasswordResetView):
    """Sends a link where this house can send mail; says whom to ask where it cannot."""

    form_class = ForgottenForm
    template_name = "accounts/forgotten.html"
    email_template_name = "accounts/forgotten_mail.txt"
    subject_template_name = "accounts/forgotten_subject.txt"
    success_url = reverse_lazy("accounts:sign_in")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(can_mail=bool(settings.EMAIL_URL), **kwargs)

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        if not settings.EMAIL_URL:
            return self.get(request, *args, **kwargs)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: ForgottenForm) -> HttpResponse:  # type: ignore[override]
        # The same sentence for everybody: it never tells who has an account.
        note = "If there is an account with this address, a link is on its way to it."
        messages.success(self.request, note)
        return super().form_valid(form)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """What somebody sees who has failed to sign in too often. On record once, not at each try."""
    minutes = settings.SIGN_IN_REST_MINUTES
    about = f"{people.address_of(request, None)} from {client_address(request)}"
    lately = timezone.now() - timedelta(minutes=minutes)
    if not AuditEntry.objects.filter(at__gt=lately, action="door.shut", about=about).exists():
        AuditEntry.record(None, "door.shut", about)
    return render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)


def of_admin(request: HttpRequest) -> HttpResponse:
    """Django's own sign-in page would be a second door with rules of its own: there is one door."""
    if request.user.is_authenticated:
        raise PermissionDenied("Only admins look behind the scenes.")
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def client_address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "nowhere")
