"""Metrics, intervals and verdicts: they read records, and nothing heavier than numpy and scipy."""
