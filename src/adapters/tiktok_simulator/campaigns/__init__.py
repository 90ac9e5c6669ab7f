"""The simulated campaigns: what there is, what it did by day, and how TikTok lists it."""
