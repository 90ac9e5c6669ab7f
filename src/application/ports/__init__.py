"""What the use-cases need from the world, in their own words. Adapters keep these promises, under one suite of tests."""
