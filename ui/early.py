"""Imported before any page: each runs in a thread of its own, and two that import pandas at once fail."""

import pandas as pd  # noqa: F401
