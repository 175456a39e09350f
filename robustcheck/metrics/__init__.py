"""Importing this package registers every built-in metric; metrics read records, and nothing heavier than numpy and scipy."""

from robustcheck.metrics import accuracy, attacked, automation, calibration, regression, residuals, selective

__all__ = ["accuracy", "attacked", "automation", "calibration", "regression", "residuals", "selective"]
