"""Patterns by which suites and commands name cases."""

from __future__ import annotations


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern in which only ``*`` and ``?`` are wild (brackets are literal)."""
    # Two pointers and one way back: a regular expression takes exponential time on hostile patterns.
    at = reached = 0
    star, resume = -1, 0
    while reached < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, reached
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", name[reached]):
            at, reached = at + 1, reached + 1
        elif star >= 0:
            resume += 1
            at, reached = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")
