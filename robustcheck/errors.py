"""Every error a user can meet, for code outside of this package: one root, and each says where, what, and what to do."""

from robustcheck.core.errors import (
    ArgumentError,
    AttestationRefused,
    CaseError,
    DataError,
    Location,
    ModelError,
    NoBaselineError,
    NotFiniteError,
    Problem,
    RobustcheckError,
    SuiteError,
    ThresholdBreach,
    UnknownCase,
    UnreadablePicture,
    did_you_mean,
)

__all__ = [
    "ArgumentError",
    "AttestationRefused",
    "CaseError",
    "DataError",
    "Location",
    "ModelError",
    "NoBaselineError",
    "NotFiniteError",
    "Problem",
    "RobustcheckError",
    "SuiteError",
    "ThresholdBreach",
    "UnknownCase",
    "UnreadablePicture",
    "did_you_mean",
]
