"""Bars from files: read, sorted, inspected row by row, and stored as traded."""
