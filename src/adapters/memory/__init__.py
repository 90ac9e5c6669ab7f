"""Adapters that need nothing but this process: for tests and trials. They keep the promises of the real ones."""
