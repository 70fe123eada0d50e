"""Brokers: outside systems that take permitted orders."""
