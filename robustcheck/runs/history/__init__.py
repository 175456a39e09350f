"""The numbers of every run, and what they say about where a model is going."""
