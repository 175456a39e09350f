"""Reports: they read results and nothing else, so each can be rebuilt from the result file."""
