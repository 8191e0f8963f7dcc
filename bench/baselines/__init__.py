"""Baselines: the same rows and frames with other queues and servers."""
