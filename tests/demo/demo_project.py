"""A project of its own with networks and pictures of the demo, so that a test leaves the repository's alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "robustcheck/demo/weights"


def write_project(root: Path, suite: str, networks: Mapping[str, Path]) -> str:
    """Write a project with one suite and networks by name with their weights; return the suite's path."""
    known, data = (yaml.safe_load((ROOT / f"configs/{name}.yaml").read_text("utf-8")) for name in ("models", "data"))
    plain = {key: value for key, value in known["signs-web"].items() if key not in ("sha256", "declared")}
    models = {name: {**plain, "weights": str(weights)} for name, weights in networks.items()}
    for path, text in {
        "configs/models.yaml": yaml.safe_dump(models),
        "configs/data.yaml": yaml.safe_dump({"signs-test": data["signs-test"]}),
        "suites/signs.yaml": suite,
    }.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return "suites/signs.yaml"
