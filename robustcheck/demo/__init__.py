"""The embedded default: road signs drawn offline, and two small models that read them."""
