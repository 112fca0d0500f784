"""Errors of the viewer.

::

    TanglewayError
    ├── InputError            what was given is wrong: change it
    │   ├── RunFolderError       a folder holds no run
    │   ├── RecordingError       a file is no recording, or one beyond the limits
    │   ├── ScreenError          there is no screen of a name
    │   └── TerminalError        the dashboard has no terminal to draw on
    └── UnavailableError      something needed is away
        └── NothingHeardError    a source has not spoken in time
"""

from ledger_core import InputError, UnavailableError

__all__ = ["NothingHeardError", "RecordingError", "RunFolderError", "ScreenError", "TerminalError"]


class RunFolderError(InputError):
    """A folder holds no run that could be watched."""


class RecordingError(InputError):
    """A file is no recording, or can not be written or read as one."""


class ScreenError(InputError):
    """There is no screen of this name."""


class TerminalError(InputError):
    """There is no terminal that the dashboard could be drawn on."""


class NothingHeardError(UnavailableError):
    """A source that was asked for has not spoken in time."""
