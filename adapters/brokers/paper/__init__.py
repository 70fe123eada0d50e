"""The paper broker: deterministic fills from the quotes that are played."""
