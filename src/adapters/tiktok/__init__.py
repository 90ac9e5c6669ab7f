"""The client of TikTok's API for Business."""
