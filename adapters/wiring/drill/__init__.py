"""The drill of the stops: each of them tripped in a sandboxed copy of the house, and seen to work."""
