"""Benchmarks as ratios to baselines: `make bench`, or `python -m bench --only B1`.

A development tool, not part of the product: it starts private stacks (with databases of their own),
measures them and their baselines in interleaved rounds, and judges each row against its bar. docs/performance.md says what is measured and why.
"""
