"""R11: the type checker refuses an exercise at a live outlet, and the other way about."""
