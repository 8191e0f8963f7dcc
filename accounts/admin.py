from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from .forms.members import AdminUserAddForm, AdminUserEditForm
from .hooks import hooks
from .models import AuditEntry, User

if TYPE_CHECKING:  # generic for the type checker only
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


@admin.register(User)
class UserPages(_UserAdmin):
    """Django's admin pages of users, which have no user name."""

    form = AdminUserEditForm
    add_form = AdminUserAddForm
    ordering = ("email",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_admin(request)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._is_admin(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._is_admin(request)

    def _is_admin(self, request: HttpRequest) -> bool:
        """Django's own permissions would let somebody who has one of them make themselves admin."""
        return isinstance(request.user, User) and request.user.is_admin

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are shut, not deleted: their networks, and what they have spent, stay."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            hooks.user_created(obj)
        by = cast("User", request.user)
        AuditEntry.record(by, "person.changed", f"{obj}: {', '.join(form.changed_data)}")

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
