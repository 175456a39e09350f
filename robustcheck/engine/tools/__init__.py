"""What the engine does beside runs: the doctor, previews, costs, proposals of entries."""
