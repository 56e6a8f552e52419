"""What was answered: each wave's manifest, and its answers as far as they were published."""
