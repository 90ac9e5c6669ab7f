"""The rotation engine, which use-cases share: claim, call, settle, batches, permit turns, late answers."""
