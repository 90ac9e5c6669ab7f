"""The rules of keeping other people's tokens alive: values and one aggregate, free of clocks, storage and networks."""
