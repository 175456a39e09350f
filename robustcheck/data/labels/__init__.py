"""What people say of labels: the overlay, what several agree on, and how it is laid over a data set."""
