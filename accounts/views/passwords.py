"""Signing in, and passwords: set by a link, changed by their owner, lost and found."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy

from accounts.forms import FirstPasswordForm, ForgottenForm, NewPasswordForm, SignInForm
from accounts.models import User


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class ChangePassword(PasswordChangeView):
    form_class = NewPasswordForm
    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:home")

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        messages.success(self.request, "Your password is changed.")
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
    """What somebody sees who has failed to sign in too often."""
    minutes = settings.SIGN_IN_REST_MINUTES
    return render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)
