"""What the parts of the plugin keep for each other in a session's stash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from robustcheck.language.discover import Discovery

    DISCOVERY = pytest.StashKey[Discovery]()
else:
    DISCOVERY = pytest.StashKey()
