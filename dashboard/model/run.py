"""The run: which story is played, and how its processes do."""

import msgspec

__all__ = ["PROCESSES_KEPT", "Process", "Run"]

PROCESSES_KEPT = 2_100
"""As many as a story may have."""


class Process(msgspec.Struct, kw_only=True):
    """One process of the cast."""

    name: str
    """Its name."""
    state: str = "starting"
    """`ready`, `ended`, `died`, `restarts`, `struck` or `lies`."""
    text: str = ""
    """How, or when it comes again."""
    process_id: int = 0
    """Its number with the operating system."""
    starts: int = 0
    """How often it was started."""
    since_us: int = 0
    """When the viewer heard of its state. [µs]"""


class Run(msgspec.Struct, kw_only=True):
    """A story that is played."""

    title: str = ""
    """Its title."""
    story: str = ""
    """Its name."""
    network: str = ""
    """The ledger's network."""
    speed: float = 1.0
    """Story seconds in a real second."""
    step: str = ""
    """What the runner does."""
    began_us: int = 0
    """When the viewer first heard of it, 0: never. [µs]"""
    ended_us: int = 0
    """When it was over, 0: it is not. [µs]"""
    ok: bool | None = None
    """Whether all held."""
    end: str = ""
    """How it ended."""
    story_s: float | None = None
    """The story's time as an agent told it last; 0 is midnight. [story s]"""
    processes: dict[str, Process] = {}
    """By name."""

    @property
    def clock(self) -> str:
        """The story's time of day, empty while nobody has told it."""
        if self.story_s is None:
            return ""
        minutes = int(self.story_s // 60)
        return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
