"""What people leave on a run: ratings, contact sheets, short addresses of steps."""

from __future__ import annotations

from .contact_sheet import ContactSheet
from .rating import Rating
from .short_address import ShortAddress

__all__ = ["ContactSheet", "Rating", "ShortAddress"]
