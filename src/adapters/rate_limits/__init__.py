"""Limits of how often one user, service or address may ask: shared by all processes, and what one keeps by itself."""
