"""Every service as a process of its own, together on this machine: what ``trivet up`` does."""
