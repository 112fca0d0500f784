"""Errors of the viewer.

::

    TanglewayError
    └── InputError            what was given is wrong: change it
        ├── RunFolderError       a folder holds no run
        ├── ThemeError           there are no colours of a name
        ├── ScreenError          there is no screen of a name
        └── TerminalError        the dashboard has no terminal to draw on
"""

from ledger_core import InputError

__all__ = ["RunFolderError", "ScreenError", "TerminalError", "ThemeError"]


class RunFolderError(InputError):
    """A folder holds no run that could be watched."""


class ScreenError(InputError):
    """There is no screen of this name."""


class ThemeError(InputError):
    """There is no theme of this name."""


class TerminalError(InputError):
    """There is no terminal that the dashboard could be drawn on."""
