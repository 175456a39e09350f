"""Importing this package registers every built-in attack; nothing heavy is loaded until one is used."""

from robustcheck.attacks import catalogue, least

__all__ = ["catalogue", "least"]
