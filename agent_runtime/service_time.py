"""The time of a service, without the pauses in which nothing is delivered and nothing counts."""


class ServiceTime:
    """A clock of one session that stands still while the delivery waits for a voucher.

    Without it, time would go on costing while nobody pays, and the most that a seller can lose
    would not be one slice.
    """

    def __init__(self) -> None:
        self._paused_s = 0.0
        self._pause_began_s: float | None = None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._pause_began_s is not None

    def at_s(self, story_s: float) -> float:
        """Return what it shows at a story time: that time, less all pauses. [story s]"""
        if self._pause_began_s is not None:
            story_s = min(story_s, self._pause_began_s)
        return story_s - self._paused_s

    def pause(self, story_s: float) -> None:
        """Let it stand still from now on; again changes nothing. [story s]"""
        if self._pause_began_s is None:
            self._pause_began_s = story_s

    def go_on(self, story_s: float) -> None:
        """Let it run again; again changes nothing. [story s]"""
        if self._pause_began_s is not None:
            self._paused_s += max(0.0, story_s - self._pause_began_s)
            self._pause_began_s = None

    def leave_out(self, seconds: float) -> None:
        """Count nothing of so much time that has passed. [story s]"""
        self._paused_s += max(0.0, seconds)
