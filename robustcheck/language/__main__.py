"""Writes the JSON Schema of suites to standard output."""

import sys

from robustcheck.language.schema import as_text, json_schema

sys.stdout.write(as_text(json_schema()))
