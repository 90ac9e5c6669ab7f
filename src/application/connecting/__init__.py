"""What the use-cases of connecting share: relinking connections, revoking unused grants, digests, and retries after a conflict."""
