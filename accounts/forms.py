from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

from . import people
from .models import ApiToken, User

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
    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": "What is it for?"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A token nobody can name is a token nobody dares to revoke.
        self.fields["name"].required = True
        self.fields["name"].widget.attrs["placeholder"] = "the wall in the foyer"


class AdminUserAddForm(_AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class AdminUserEditForm(_UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
