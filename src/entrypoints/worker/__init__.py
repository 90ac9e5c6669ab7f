"""The Celery door: worker and beat."""
