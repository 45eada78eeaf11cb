"""One simulator as a process: `python -m broadcaster.demo.simulators NAME --port 0 --seed N --fault-rate P`.

Prints `{"port": …}` when it listens; its counts, with the copies of each message, whenever it is sent a line; and its
counts when it is told to stop: by SIGTERM, SIGINT, or the end of its standard input, so that it never outlives whoever
started it. It listens on its one port and on nothing else.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import stat
import sys
from collections.abc import Callable, Mapping

from broadcaster.demo.simulators.faults import Faults
from broadcaster.demo.simulators.http import HttpSimulator
from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.demo.simulators.sms_spryng import SpryngGateway
from broadcaster.demo.simulators.smtp import MailServer

SIMULATORS: dict[str, type[HttpSimulator] | type[MailServer]] = {
    "sms-cm": CmGateway,
    "sms-spryng": SpryngGateway,
    "smtp": MailServer,
}


def _stop_signalled(loop: asyncio.AbstractEventLoop, asked: Callable[[], None]) -> asyncio.Event:
    """Set by a signal or the end of standard input; `asked` is called for what comes over it before."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kind = os.fstat(0).st_mode
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):  # a file or /dev/null is at its end from the start

        def read() -> None:
            if os.read(0, 4096):
                asked()
            else:
                loop.remove_reader(0)
                stop.set()

        loop.add_reader(0, read)
    return stop


def _say(what: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _run(name: str, port: int, faults: Faults) -> None:
    simulator = SIMULATORS[name](port=port, faults=faults)

    def tell() -> None:
        copies = [(*message, count) for message, count in simulator.counts.copies.items()]
        _say(simulator.counts.as_json() | {"copies": copies})

    stop = _stop_signalled(asyncio.get_running_loop(), tell)
    async with simulator:
        _say({"port": simulator.port})
        await stop.wait()
    _say(simulator.counts.as_json())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m broadcaster.demo.simulators", description=__doc__)
    parser.add_argument("name", choices=SIMULATORS)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault-rate", type=float, default=0.0, help="the part of the calls that fail, 0 to 1")
    return parser.parse_args()


def main() -> None:
    """Run one until it is told to stop."""
    arguments = _arguments()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecations at every sign-in
    asyncio.run(_run(arguments.name, arguments.port, Faults(arguments.seed, arguments.fault_rate)))


if __name__ == "__main__":
    main()
