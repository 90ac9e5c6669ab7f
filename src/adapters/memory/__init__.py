"""Adapters that need nothing but this process: for tests, and for trying things out. They keep the same promises as the real ones."""
