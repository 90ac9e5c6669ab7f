"""What the use-cases of connecting share: what a consent leads to, relinking, revoking unused grants, retries after conflicts."""
