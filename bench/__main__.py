"""`python -m bench [NAME…]`: the measurements of that name, or all of them. Each module here has `main()`."""

import importlib
import pkgutil
import sys

import bench


def main() -> None:
    """Run them one after the other: side by side they would measure each other."""
    known = [found.name for found in pkgutil.iter_modules(bench.__path__) if found.name != "__main__"]
    wanted = sys.argv[1:] or known
    if unknown := set(wanted) - set(known):
        sys.exit(f"no measurement is called {', '.join(sorted(unknown))}: there are {', '.join(known)}")
    for name in wanted:
        importlib.import_module(f"bench.{name}").main()


main()
