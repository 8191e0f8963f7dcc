"""A new API token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User
from lib.scopes import Scope

if TYPE_CHECKING:  # generic for the type checker only
    _TokenModelForm = forms.ModelForm[ApiToken]
else:
    _TokenModelForm = forms.ModelForm


class TokenForm(_TokenModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(scope.value, scope.meaning) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
        error_messages={"required": _("Pick at least one: it would open nothing.")},
    )
    days = forms.TypedChoiceField(
        label=_("It lasts"),
        choices=[
            (7, _("a week")),
            (30, _("a month")),
            (365, _("a year")),
            (0, _("until it is revoked")),
        ],
        coerce=int,
        initial=365,
        required=False,
        empty_value="0",
    )

    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": _("What is it for?")}

    field_order = ["name", "scopes", "days"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A token nobody can name is a token nobody dares to revoke.
        self.fields["name"].required = True
        self.fields["name"].widget.attrs["placeholder"] = _("the wall in the foyer")
        if not user.is_admin:
            offered = [(one.value, one.meaning) for one in Scope if one is not Scope.ADMIN]
            cast("forms.MultipleChoiceField", self.fields["scopes"]).choices = offered

    @property
    def expires_at(self) -> datetime | None:
        days = int(self.cleaned_data["days"])
        return timezone.now() + timedelta(days=days) if days else None
