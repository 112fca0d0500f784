"""Garbage: what was made at the start lives as long as the process, so nobody looks at it again.

Python looks for circles of garbage by going through all objects that it has. Of those a node has
some 200,000 once everything is imported, which takes 40 ms, while everybody waits; of what its work
makes hardly anything outlives a batch.
"""

import gc

__all__ = ["set_aside"]


def set_aside() -> None:
    """Let the garbage collector never look again at what there is now; any thread may do this."""
    gc.collect()
    gc.freeze()
