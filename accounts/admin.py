from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from .forms import AdminUserAddForm, AdminUserEditForm
from .models import User

if TYPE_CHECKING:  # generic for the type checker only
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


@admin.register(User)
class PersonAdmin(_UserAdmin):
    """Django's own page for people, without the user name they do not have."""

    form = AdminUserEditForm
    add_form = AdminUserAddForm
    ordering = ("email",)
    list_display = ("email", "is_active", "is_superuser", "may_use_house_keys", "last_login")
    list_filter = ("is_active", "is_superuser", "may_use_house_keys")
    search_fields = ("email",)
    readonly_fields = ("public_id", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "public_id")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Money", {"fields": ("may_use_house_keys",)}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )
