"""pytester forgets modules that a run in this process imported, and compiled ones do not bear a second import."""

import cryptography.hazmat.primitives.serialization  # noqa: F401
import cv2  # noqa: F401
import pyarrow.parquet  # noqa: F401
import scipy.optimize
import scipy.special  # noqa: F401
import torch  # noqa: F401
import yaml  # noqa: F401

import robustcheck.api
import robustcheck.engine.tools.doctor
import robustcheck.images.rendering
import robustcheck.report.github
import robustcheck.session.finishing  # noqa: F401
