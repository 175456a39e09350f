"""From samples to batches of model inputs, and what is kept of them."""
