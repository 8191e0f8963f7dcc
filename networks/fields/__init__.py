"""The settable fields of a network, each declared once, in a module for each subject.

The API's schemas, the settings page, validation, changes and copies are derived from FIELDS.
CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from .declaration import NetworkField
from .farm import FARM_FIELDS
from .identity import IDENTITY_FIELDS
from .outputs import OUTPUT_FIELDS
from .pace import PACE_FIELDS
from .prompts import PROMPT_FIELDS

FIELDS: list[NetworkField] = [  # in the order of the API
    *IDENTITY_FIELDS,
    *PACE_FIELDS,
    *OUTPUT_FIELDS,
    *PROMPT_FIELDS,
    *FARM_FIELDS,
]

# Columns that nobody sets through the API or the settings page
INTERNAL_COLUMNS = frozenset(
    {"id", "owner", "public_id", "featured", "has_boards", "archived_at", "created_at"}
    | {"opening_hours", "warmed_for", "started_for"}
)
