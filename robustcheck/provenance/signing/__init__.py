"""What is signed of a run, and what a deployment believes of it."""
