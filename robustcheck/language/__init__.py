"""The suite language: YAML in, a plan or every problem of the file out; loads nothing heavy."""

from robustcheck.language.configs import listed_variables, load_project
from robustcheck.language.discover import discover, find_suites, is_suite
from robustcheck.language.schema import data_schema, json_schema, models_schema, variables_schema
from robustcheck.language.suites import load_suite

__all__ = [
    "data_schema",
    "discover",
    "find_suites",
    "is_suite",
    "json_schema",
    "listed_variables",
    "load_project",
    "load_suite",
    "models_schema",
    "variables_schema",
]
