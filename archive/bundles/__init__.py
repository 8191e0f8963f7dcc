"""A run as one file that can be kept, sent and performed elsewhere. docs/bundles.md is the format.

`schema` is the format, `writing` makes a bundle a piece at a time, `reading` checks all that one says,
`importing` makes an archived run of it.
"""

from __future__ import annotations
