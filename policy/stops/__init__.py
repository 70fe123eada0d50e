"""Stops: what holds back new risk everywhere at once, latched until a person lets go."""
