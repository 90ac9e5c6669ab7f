"""The WAB Dashboard's own database, as the mirror writes it: TikTok's rows alone, in bounded time."""
