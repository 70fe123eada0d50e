"""Reasons not to start; light to import, so that every command can tell them plainly."""


class Refused(Exception):
    """What was asked cannot be done; the text says why and what to do instead."""


class JourneyRefused(Refused):
    """A run that cannot start there."""


class PortTaken(Refused):
    """Somebody else listens there already."""
