"""What comes from outside is looked at here, quote by quote and bar by bar, before anybody trades on it."""
