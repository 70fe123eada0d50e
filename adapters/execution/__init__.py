"""Orders from permit to their end: the execution service."""
