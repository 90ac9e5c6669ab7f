"""Celery's messages: the broker, and the one that needs no server."""
