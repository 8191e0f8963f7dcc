"""Inviting, and Django's own admin pages of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import User

if TYPE_CHECKING:  # generic for the type checker only
    _AdminUserCreationForm = AdminUserCreationForm[User]
    _UserChangeForm = UserChangeForm[User]
else:
    _AdminUserCreationForm = AdminUserCreationForm
    _UserChangeForm = UserChangeForm


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    admin = forms.BooleanField(label=_("Admin: may see and stop everything"), required=False)


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
                members.check_not_last_admin(User.objects.get(pk=self.instance.pk))
            except members.LastAdmin as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return cleaned
