"""A run as one file that can be kept, sent and performed elsewhere. docs/bundles.md is the format.

`writing` makes it a piece at a time, `reading` believes nothing that it says, `taking_in` makes an
archived run of it.
"""

from __future__ import annotations
