"""The renderer's process: one request per line on standard input, one answer per line on standard output.

    python -m broadcaster.render FOLDER OWN_SCENARIOS_OR_NOTHING CPU_SECONDS WALL_SECONDS MEMORY_BYTES

It has one thread and no secrets, and never runs a template itself: each request goes to a fork of it.
It ends when its input does.
"""

import sys
from pathlib import Path

from broadcaster.render.jail import Limits, render_jailed


def main(arguments: list[str]) -> None:
    """Answer requests until the end of standard input."""
    folder, own, cpu, wall, memory = arguments
    limits = Limits(int(cpu), float(wall), int(memory))
    for line in sys.stdin:
        sys.stdout.write(render_jailed(line, Path(folder), Path(own) if own else None, limits) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
