"""Bars of sessions: built from minutes, closed once, and filled in where they are missing."""
