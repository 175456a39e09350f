"""With pytest-xdist: one suite stays on one worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.suite_folders import is_yaml


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Return a scheduler that hands out whole suites, and every other test by itself.

    ``--dist=loadgroup`` does not group under pytest 9, hence a scheduler of our own.
    """
    from xdist.scheduler import LoadScopeScheduling

    class SuiteScheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return file if is_yaml(Path(file)) else nodeid

        def _reschedule(self, node: Any) -> None:
            # Of two workers that replace dead ones, the first to be ready makes xdist give work to both. The other
            # is asked again once it has collected.
            if node in self.registered_collections:
                super()._reschedule(node)

        def remove_node(self, node: Any) -> str | None:
            # By itself xdist would hand a suite to worker after worker with the case that kills them first.
            for unit in self.assigned_work.get(node, {}).values():
                for nodeid, completed in unit.items():
                    if not completed:
                        unit[nodeid] = True
                        super().remove_node(node)
                        return str(nodeid)
            super().remove_node(node)
            return None

    return SuiteScheduling(config, log)
