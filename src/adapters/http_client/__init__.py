"""One careful HTTP request: a wall deadline, a resolver of its own, one connection a thread. Every platform client may use it."""
