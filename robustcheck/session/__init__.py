"""A run, whoever asks for it: what both doors, pytest and Python, do is written here once."""
