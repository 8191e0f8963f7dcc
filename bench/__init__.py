"""The ratio benchmarks: `make bench`, or `python -m bench --only B1`.

A development tool, not part of the product: it starts installations of its own in private folders
(and private databases), measures them beside their rivals in interleaved rounds, and judges each
row against its bar. docs/performance.md says what is measured and why.
"""
