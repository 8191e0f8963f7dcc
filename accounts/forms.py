from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth.forms import (
    AdminUserCreationForm,
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    UserChangeForm,
)
from django.http import HttpRequest
from django.utils import timezone

from . import people
from .models import ApiToken, User
from .scopes import Scope

if TYPE_CHECKING:  # generic for the type checker only
    _TokenModelForm = forms.ModelForm[ApiToken]
    _AdminUserCreationForm = AdminUserCreationForm[User]
    _UserChangeForm = UserChangeForm[User]
    _SetPasswordForm = SetPasswordForm[User]
else:
    _TokenModelForm = forms.ModelForm
    _AdminUserCreationForm = AdminUserCreationForm
    _UserChangeForm = UserChangeForm
    _SetPasswordForm = SetPasswordForm


class SignInForm(AuthenticationForm):
    """E-mail and password. One sentence for every failure: it never tells who has an account."""

    error_messages = {
        "invalid_login": "That e-mail and password do not go together. Please try again.",
        "inactive": "That e-mail and password do not go together. Please try again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )


class NewPasswordForm(PasswordChangeForm):
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "That is not your present password. Please type it again.",
        "password_mismatch": "The two new passwords differ. Please type them again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Present password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = "At least 10 characters, and not a common one."
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""


class FirstPasswordForm(_SetPasswordForm):
    error_messages = {
        **SetPasswordForm.error_messages,
        "password_mismatch": "The two passwords differ. Please type them again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = "Password"
        self.fields["new_password1"].help_text = "At least 10 characters, and not a common one."
        self.fields["new_password2"].label = "Password again"
        self.fields["new_password2"].help_text = ""


class ForgottenForm(PasswordResetForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"

    def save(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        """Sends a link to whoever has an account with this address, whatever its capitals."""
        if request is None:
            raise TypeError("a link needs the request whose host it leads to")
        email = self.cleaned_data["email"]
        for user in User.objects.filter(email__iexact=email, is_active=True):
            context = {"user": user, "link": request.build_absolute_uri(people.link_path(user))}
            self.send_mail(
                kwargs["subject_template_name"],
                kwargs["email_template_name"],
                context,
                kwargs.get("from_email"),
                user.email,
            )


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    admin = forms.BooleanField(label="Admin: may see and stop everything", required=False)


class TokenForm(_TokenModelForm):
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope.value, scope.meaning) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
        error_messages={"required": "Pick at least one: it would open nothing."},
    )
    days = forms.TypedChoiceField(
        label="It lasts",
        choices=[(7, "a week"), (30, "a month"), (365, "a year"), (0, "until it is revoked")],
        coerce=int,
        initial=365,
        required=False,
        empty_value="0",
    )

    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": "What is it for?"}

    field_order = ["name", "scopes", "days"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A token nobody can name is a token nobody dares to revoke.
        self.fields["name"].required = True
        self.fields["name"].widget.attrs["placeholder"] = "the wall in the foyer"
        if not user.is_admin:
            offered = [(one.value, one.meaning) for one in Scope if one is not Scope.ADMIN]
            cast("forms.MultipleChoiceField", self.fields["scopes"]).choices = offered

    @property
    def expires_at(self) -> datetime | None:
        days = int(self.cleaned_data["days"])
        return timezone.now() + timedelta(days=days) if days else None


class AdminUserAddForm(_AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class AdminUserEditForm(_UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        """Django's own page must not take away the last admin either."""
        cleaned = super().clean() or {}
        stays = cleaned.get("is_active", True) and cleaned.get("is_superuser", True)
        if self.instance.pk and not stays:
            try:
                people.check_not_last_admin(User.objects.get(pk=self.instance.pk))
            except people.LastAdmin as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return cleaned
