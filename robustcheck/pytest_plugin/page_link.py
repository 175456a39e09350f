"""Where the page of a run lies, as a link where the terminal knows links, and how it is opened."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SIGNS: Final = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
"""Variables that terminals set which show OSC 8 links."""
PROGRAMS: Final = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
TERMS: Final = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty")
LEAST_VTE: Final = 5000
"""The version 0.50 of the library behind GNOME's terminals, the first that shows links."""


def knows_links(environment: Mapping[str, str]) -> bool:
    """Whether a terminal is one of those known to show links (OSC 8); an unknown one might print the address as signs.

    Args:
        environment: The variables of the process.
    """
    if environment.get("TERM") == "dumb":
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        any(environment.get(name) for name in SIGNS)
        or environment.get("TERM_PROGRAM") in PROGRAMS
        or environment.get("TERM") in TERMS
        or (vte.isdecimal() and int(vte) >= LEAST_VTE)
    )


def page_line(page: Path, root: Path, *, terminal: bool) -> str:
    """Return the last line of a run.

    Args:
        page: Of the report.
        root: Of the project, from which it is named.
        terminal: Whether the line is written to a terminal.
    """
    shown = str(page.relative_to(root) if page.is_relative_to(root) else page)
    if terminal and knows_links(os.environ):
        shown = f"\x1b]8;;{page.absolute().as_uri()}\x1b\\{shown}\x1b]8;;\x1b\\"
    return f"robustcheck: page: {shown}"


def open_page(page: Path) -> str:
    """Open the page in the browser, and return why it could not be, or nothing."""
    try:
        opened = webbrowser.open(page.absolute().as_uri())
    except (webbrowser.Error, OSError) as error:
        return f"the page cannot be opened: {error}"
    return "" if opened else "the page cannot be opened: there is no browser here"
