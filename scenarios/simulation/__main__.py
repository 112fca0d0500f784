"""A worker: `python -m scenarios.simulation STORY_FILE [TRACE]`, seeds on standard input."""

import sys
from pathlib import Path

from scenarios.simulation.seeds import serve

if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
