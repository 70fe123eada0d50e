"""The policy service's routes, one file a subject."""
