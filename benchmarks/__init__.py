"""Benchmarks: each runs by `python -m benchmarks.NAME` and prints ratios to a yardstick of the same run."""
