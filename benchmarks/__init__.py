"""Benchmarks: every figure is a ratio against the peer, measured in the same run on the same data."""
