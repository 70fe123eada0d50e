"""Stops in execution: nothing they forbid is sent, what they forbid is cancelled, and watchers trip them."""
