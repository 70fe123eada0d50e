"""Evaluations by month: partitions, what is kept of old ones, and what anchors the chains without them."""
