"""On PYTHONPATH where memory is weighed: django-q2 loads it where it is installed, which among those who run the product
it is not."""

from __future__ import annotations

raise ImportError("only developers have this")
