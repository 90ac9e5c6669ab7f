"""A simulator of TikTok's API for Business: consent, tokens, advertiser accounts, campaigns and reports.

For demos, tests, and your own development without a TikTok app:

* over HTTP, in a test: ``with running_simulator(access_token_seconds=120) as tiktok: ...`` (`server.py`);
* over HTTP, in a process of its own: ``serve(...)`` (`server.py`);
* without HTTP, in simulated time: ``Machine(clock=StandingClock(now))`` (`token_state_machine.py`, `clock.py`).

Where TikTok's public material is silent a choice had to be made; each stands in the docstring of what makes it.
"""
