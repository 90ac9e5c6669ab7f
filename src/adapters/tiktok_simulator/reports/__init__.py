"""The simulated reports, under TikTok's rules."""
