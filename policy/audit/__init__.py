"""The hash-chained log of decisions and permits: how a link is forged, and how all of them are verified."""
