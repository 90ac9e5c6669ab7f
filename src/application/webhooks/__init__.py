"""What delivering and replaying of webhooks share."""
