"""How each kind of case is evaluated: one file a kind, and its name in the line below."""

from robustcheck.engine.kinds import attack, break_point, fixed, worst_view

__all__ = ["attack", "break_point", "fixed", "worst_view"]
