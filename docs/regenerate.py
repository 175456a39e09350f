"""Writes what the documents show but do not say themselves: what ``init`` prints, the example suite, its run, the CI workflow.

Run with ``uv run python docs/regenerate.py``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLE = ("docs/example.yaml", "--robustcheck-model", "signs-web")
INIT = ("--model", "my_package.model:build", "--data", "data/test")
SHOWN_FAILURE = "off-centre-at-dusk"


def run_example(report: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the example of the README on the model that fails it.

    Args:
        report: Folder of the report, so that one of the reader's own is left alone.
        options: Further options of pytest.
    """
    quiet = ("-p", "no:cacheprovider", "--robustcheck-device", "cpu", "--robustcheck-report", str(report))
    return subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "pytest", "--robustcheck", *EXAMPLE, *quiet, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def run_init(project: Path) -> subprocess.CompletedProcess[str]:
    """Start a project as the README does: with the model of docs/first-model.md and a few pictures.

    Args:
        project: An empty folder.
    """
    document = (ROOT / "docs" / "first-model.md").read_text(encoding="utf-8")
    model = re.search(r"^```python model\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    if model is None:
        raise SystemExit("docs/first-model.md has no model")
    (project / "my_package").mkdir()
    (project / "my_package" / "model.py").write_text(model[1], encoding="utf-8")
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (project / "data" / "test" / name).mkdir(parents=True)
        for number in range(2):
            picture = Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((300, 280))
            picture.save(project / "data" / "test" / name / f"{number}.png")
    return subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "robustcheck.cli", "init", *INIT],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def failure_of(output: str) -> str:
    """Return the text of one failed case, without the options that only this run had."""
    found = re.search(rf"^_+ {SHOWN_FAILURE} _+\n(.*?)(?=^[_=]{{3}})", output, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"the run has no failure of {SHOWN_FAILURE}:\n{output}")
    return re.sub(r" --robustcheck-(device|report) \S+", "", found[1])


def table_of(output: str) -> str:
    """Return the table of the suite and what stands below it, up to the count."""
    found = re.search(r"^model signs-web.*?results: [^\n]*\n", output, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"the run has no table:\n{output}")
    return found[0]


def replace_block(text: str, fence: str, body: str) -> str:
    """Return a document with another body in the block whose fence says ``fence``."""
    pattern = re.compile(rf"(^```{re.escape(fence)}\n).*?(^```$)", re.MULTILINE | re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise SystemExit(f"the document has not exactly one block ```{fence}")
    return pattern.sub(lambda match: f"{match[1]}{body}{match[2]}", text)


def main() -> None:
    """Rewrite the documents."""
    with tempfile.TemporaryDirectory() as folder:
        output = run_example(Path(folder), "--robustcheck-no-cache").stdout
    with tempfile.TemporaryDirectory() as folder:
        begun = run_init(Path(folder))
        if begun.returncode:
            raise SystemExit(f"init failed:\n{begun.stdout}{begun.stderr}")
    for document, bodies in {
        "README.md": {
            "text init": begun.stdout,
            "yaml suite": (ROOT / "docs" / "example.yaml").read_text(encoding="utf-8"),
            "text table": table_of(output),
        },
        "docs/verdicts.md": {"text failure": failure_of(output)},
        "docs/ci.md": {"yaml workflow": (ROOT / "robustcheck/cli/starter/workflow.yml").read_text(encoding="utf-8")},
    }.items():
        text = (ROOT / document).read_text(encoding="utf-8")
        for fence, body in bodies.items():
            text = replace_block(text, fence, body)
        (ROOT / document).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
