"""The report as one HTML page that needs nothing else: no network, no other file, no model."""

from __future__ import annotations

from robustcheck.report.html.page import page

__all__ = ["page"]
