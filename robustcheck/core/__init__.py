"""What every part may import: errors, the registry, units, files and text. It imports nothing of ours but itself."""
