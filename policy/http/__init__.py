"""What every service's application stands behind: guards, limits, headers, counts."""
