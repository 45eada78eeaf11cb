"""A whole broadcast on one machine: simulated providers, an example region, and what was counted."""
