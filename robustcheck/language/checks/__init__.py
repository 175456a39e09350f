"""Checks: from one entry of ``checks`` to its cases; what is done to the pictures lies in one file a kind."""
