"""What can be wrong with a message, a table or a bill, as leaves of the project's one error tree.

```
InputError
├── FrameError            a frame that is no message of ours: drop it
│   └── ForeignVersionError   a message of another protocol version: drop it, it harms nobody
└── ImplausibleError      terms, a reading, a bill or a voucher that do not fit what was agreed
RefusedError
└── IllegalMoveError      a message or fact that the dialogue's state does not allow
DamagedError
└── DamagedMemoryError    a snapshot of a dialogue that is none
CheckFailedError
├── SessionReceiptError   a session's receipt that does not prove what it says, or can not be made
└── ShortfallError        two records that do not convict a buyer of paying less than it vouched for
```
"""

from ledger_core import CheckFailedError, DamagedError, InputError, RefusedError


class FrameError(InputError):
    """The frame is no message of ours; it is dropped and nothing changes."""


class ForeignVersionError(FrameError):
    """The message speaks another version of the protocol; it is dropped and nothing changes."""


class ImplausibleError(InputError):
    """What the partner sent does not fit the agreement; the sentence says which rule it breaks."""


class IllegalMoveError(RefusedError):
    """The table of transitions has no such move from the present state; nothing changed."""


class DamagedMemoryError(DamagedError):
    """The snapshot in the journal is not what a dialogue wrote; restore the journal."""


class SessionReceiptError(CheckFailedError):
    """The receipt of a session was altered, or its parts do not prove what they say."""


class ShortfallError(CheckFailedError):
    """The two records do not prove that their signer has paid less than it vouched for."""
