"""What this layer keeps in the database: keys."""

from __future__ import annotations

from .credential import Credential, HouseKey, Loan

__all__ = ["Credential", "HouseKey", "Loan"]
