"""What the use-cases of connecting share: relinking, revoking unused grants, the decision of a consent, retries after conflicts."""
