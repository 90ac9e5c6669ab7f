"""The shared budget: one allowance for all processes, kept as text in a ledger."""
