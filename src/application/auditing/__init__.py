"""What use-cases share that write to the audit trail."""
