"""One technology each; siblings do not know one another."""
