"""The receiver of webhooks, over HTTP: signed, bounded, and never at an address that is private unless that is allowed."""
