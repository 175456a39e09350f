"""What must hold for a number to count: one file a condition."""
