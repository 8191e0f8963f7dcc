from __future__ import annotations

from .api_token import ApiToken, all_scopes, digest
from .audit import AuditEntry
from .user import User, UserQuerySet

__all__ = ["ApiToken", "AuditEntry", "User", "UserQuerySet", "all_scopes", "digest"]
