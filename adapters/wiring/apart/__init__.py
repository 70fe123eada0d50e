"""The house in processes of their own: every service at its seat, the player conducting."""
