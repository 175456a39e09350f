"""Intervals, sequential decisions and power: statistics that know no pictures and no suites."""
