"""Runs over time: loaded from their reports, accepted as a baseline, compared, kept in the history."""
