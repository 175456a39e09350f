"""Importing this package registers every built-in attack; nothing heavy is loaded until one is used."""

from robustcheck.attacks import catalogue, minimum_norm

__all__ = ["catalogue", "minimum_norm"]
