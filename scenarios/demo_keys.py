"""The keys of a story: they follow from its network, its seed and a name, and are no secret."""

from hashlib import sha256

from ledger_core import KeyPair
from scenarios.story import Story


def demo_key(story: Story, name: str) -> KeyPair:
    """Return the key pair that a name has under a story's network and seed; it is no secret."""
    text = f"tangleway demo key/{story.network.name}/{story.seed}/{name}"
    return KeyPair.from_seed(sha256(text.encode()).digest())
