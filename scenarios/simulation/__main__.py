"""A worker: `python -m scenarios.simulation STORY_FILE [--trace ID] [--picture] [--times N]`.

Seeds come on standard input, one a line.
"""

import argparse
from pathlib import Path

from scenarios.simulation.seeds import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("story", type=Path)
    parser.add_argument("--trace")
    parser.add_argument("--picture", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    arguments = parser.parse_args()
    serve(
        arguments.story,
        arguments.trace,
        is_pictured=arguments.picture,
        times=arguments.times,
    )
