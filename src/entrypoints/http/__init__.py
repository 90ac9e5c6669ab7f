"""The HTTP door: the API, the pages, and who may use them."""
