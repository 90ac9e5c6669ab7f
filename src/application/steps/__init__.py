"""What several use-cases do in the same way. A step is part of a use-case and never one by itself."""
