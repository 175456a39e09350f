"""Writes docs/errors.md: the page of every code, from robustcheck/error_codes.toml.

Run with ``uv run python docs/errors.py``.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from robustcheck.core.error_codes import AREAS, Page, pages

PAGE = Path(__file__).parent / "errors.md"
HEAD = """\
# Errors

Written by `docs/errors.py` from `robustcheck/error_codes.toml`; `robustcheck explain RC101` says the same in a terminal, and
`robustcheck list errors` lists all. A mistake in a suite or in the configuration is told with its place, its code, what is wrong
and what to do:

```text located
suites/car.yaml:17:38: RC203 pitch needs a unit (angle in degrees); write 12deg
```

Codes keep their meaning. Examples are parts of files, first wrong, then right.
"""


def page() -> str:
    """Return the text of docs/errors.md."""
    parts = [HEAD]
    area = ""
    for entry in pages().values():
        if AREAS[entry.code.value[:3]] != area:
            area = AREAS[entry.code.value[:3]]
            parts.append(f"## {area}\n")
        parts.append("\n".join(_section(entry)) + "\n")
    return "\n".join(parts)


def _section(entry: Page) -> Iterator[str]:
    yield f"### {entry.code.value}: {entry.title}\n"
    yield f"{_paragraph(entry.meaning)}\n"
    yield f"{_paragraph('Why it matters: ' + entry.why)}\n"
    yield f"```text wrong\n{entry.wrong.strip()}\n```\n"
    yield f"```text right\n{entry.right.strip()}\n```\n"
    yield f"{_paragraph('What to do: ' + entry.remedy)}"


def _paragraph(text: str) -> str:
    """Return a paragraph, filled, in which what Markdown would take for a mark stays as it is."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([<*_])", r"\\\1", part) for part in parts[::2]]
    return textwrap.fill("`".join(parts), 120, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{len(pages())} codes\n")


if __name__ == "__main__":
    main()
