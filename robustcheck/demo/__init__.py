"""The embedded default: road signs drawn offline, and three small models that read them."""
