"""Who may do what: callers, roles, keys, and the one table of routes."""
