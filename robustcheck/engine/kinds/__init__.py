"""How each kind of case is evaluated."""
