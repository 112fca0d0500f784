"""The wallet of a person or a fleet: words, keys, addresses, a locked file, payments."""

__all__: list[str] = []
