"""On PYTHONPATH where memory is weighed: Django's tests, of which the API's framework imports a part, load it where it
is installed, which among those who run the product it is not."""

from __future__ import annotations

raise ImportError("only developers have this")
