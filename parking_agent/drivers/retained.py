"""Retained commands: what makes gates move by themselves at each reconnect, and how it is noticed.

A broker hands a retained message to whoever subscribes, so a relay that reconnects obeys it once
more, for ever. Drivers listen on their device's command topics: what comes there marked as retained
was lying at the broker.
"""

from agent_runtime import Message
from parking_agent.errors import RetainedCommandError


class RetainedCommands:
    """The retained commands of one gate's device.

    Args:
        gate: Name of the barrier.
    """

    def __init__(self, gate: str) -> None:
        self._gate = gate
        self._topics: dict[str, None] = {}

    def hear(self, message: Message) -> None:
        """Note a message on a command topic; an empty one is how a retained one is deleted.

        Args:
            message: What was heard.
        """
        if message.is_retained and message.payload:
            self._topics[message.topic] = None
        elif not message.payload:
            self._topics.pop(message.topic, None)

    def forget(self) -> None:
        """Know of none: the broker tells of all anew at each connect."""
        self._topics.clear()

    def refuse(self) -> None:
        """Do nothing while there are none.

        Raises:
            RetainedCommandError: There is one.
        """
        if self._topics:
            topic = next(iter(self._topics))
            raise RetainedCommandError(
                f"gate {self._gate!r}: the broker keeps a command on {topic!r}, which would move"
                " the gate at every reconnect; delete it (publish nothing there, retained)"
            )
