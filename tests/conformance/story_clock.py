"""A story clock that stands still until a test moves it."""


class BenchClock:
    """Story time on a bench.

    Args:
        story_s: What it shows at first. [s]
    """

    def __init__(self, story_s: float = 0.0) -> None:
        self._story_s = story_s

    def story_s(self) -> float:
        """Return the story time. [s]"""
        return self._story_s

    def advance(self, seconds: float) -> None:
        """Move it; a negative number sets it back. [s]"""
        self._story_s += seconds
