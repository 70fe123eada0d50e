"""What the broker last said of the account: whether it takes orders for it at all."""


class AccountFlags:
    """Kept by one process; until the broker has been asked, the start's gate holds orders back anyway."""

    def __init__(self) -> None:
        self._blocked: str | None = None

    @property
    def blocked(self) -> str | None:
        """Why the broker takes no orders for the account; None where it does."""
        return self._blocked

    def heard(self, blocked: str | None) -> None:
        """Take in what the broker's last whole answer said."""
        self._blocked = blocked
