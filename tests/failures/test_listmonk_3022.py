"""listmonk issue 3022: the cursor moved before the batch was stored."""
