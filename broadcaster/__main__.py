"""`omroeper`, and `python -m broadcaster`."""

import sys


def main() -> None:
    """Run the command line; the process ends with its exit status."""
    from broadcaster import cli  # noqa: PLC0415 - a worker process that imports this file needs no command line

    sys.exit(cli.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
