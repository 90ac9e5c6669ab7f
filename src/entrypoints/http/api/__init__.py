"""The endpoints that programs call, a file a subject."""
