"""On PYTHONPATH where memory is weighed: httpx loads its command line, and with it rich, wherever click and pygments
are installed, which among those who run the product they are not both."""

from __future__ import annotations

raise ImportError("only developers have this")
