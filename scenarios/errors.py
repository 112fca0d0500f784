"""The errors of this package.

```
InputError (ledger_core)
├── StoryError             a story can not be played as it is written
├── ResultFileError        the result can not be written where it should
└── DataFolderError        the folder for the run's data is in use or can not be written
UnavailableError (ledger_core)
├── PortInUseError         a port that the story fixes belongs to somebody else
├── BrokerAwayError        nobody answers at the broker's address
├── FundingError           the wallets could not be funded
└── ProcessFailedError     a process of the cast did not come up
```
"""

from pathlib import Path

from ledger_core import InputError, UnavailableError


class StoryError(InputError):
    """A story can not be played as it is written; the sentence names file, key and what may be."""


class DataFolderError(InputError):
    """The folder for the run's data can not be used."""


class ResultFileError(InputError):
    """The result can not be written where it should."""


class PortInUseError(UnavailableError):
    """A port that the story fixes belongs to somebody else."""


class BrokerAwayError(UnavailableError):
    """Nobody answers at the broker's address."""


class FundingError(UnavailableError):
    """The ledger did not take the transfers that give each wallet its first tokens."""


class ProcessFailedError(UnavailableError):
    """A process of the cast did not come up."""

    def __init__(self, name: str, *, how: str, last_line: str, log_path: Path, code: int) -> None:
        """Say which process, how it ended, what it said last and where its log is.

        Args:
            name: The process.
            how: How it ended, or that it stayed silent.
            last_line: The last line of its log.
            log_path: Its log.
            code: Its exit code, or minus the number of the signal that ended it.
        """
        said = f": {last_line}" if last_line else ", without a word"
        super().__init__(f"{name} did not start ({how}){said} (its log: {log_path})")
        self.code = code
