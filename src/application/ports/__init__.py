"""What the use-cases need from the world, in their own words. Adapters keep these promises, and share one suite of contract tests."""
