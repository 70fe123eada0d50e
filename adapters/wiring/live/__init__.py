"""The house on the real clock: live quotes, steps when their time has come, and any broker that is for it."""
