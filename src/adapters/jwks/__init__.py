"""The key sets of token issuers, over HTTP."""
