"""Progress for people: what one line says, and who writes it where."""
