"""What the use-cases of connecting share: relinking connections, retiring grants, digests, and retries after a conflict."""
