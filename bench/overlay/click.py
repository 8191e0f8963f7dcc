"""On PYTHONPATH where memory is weighed: httpx loads its command line, and with it rich and pygments,
wherever click is installed, which among those who run the product it is not."""

from __future__ import annotations

raise ImportError("only developers have this")
