"""Who asks: sessions, tokens, secrets, origins and addresses."""
