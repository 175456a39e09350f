"""The review of labels by people: whom to ask about what, the page that asks, and the ways in and out of the overlay."""
