"""Sealing of tokens with AES-256-GCM, and the keys."""
