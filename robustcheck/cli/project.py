"""Where a project begins and where its suites lie, for the commands."""

from robustcheck.project_settings import CONFIGS, SUITES, Settings, find_settings

__all__ = ["CONFIGS", "SUITES", "Settings", "find_settings"]
