"""One simulator as a process: `python -m broadcaster.demo.simulators NAME --port 0 --seed N --fault-rate P`.

Prints `{"port": …}` when it listens. Sent a line with an address, it reports there what becomes of its messages; sent
an empty line, it prints its counts, the copies of each message and what it reported. It prints its counts when it is
told to stop: by SIGTERM, SIGINT, or the end of its standard input, so that it never outlives whoever started it. It
listens on its one port and on nothing else.
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
from broadcaster.demo.simulators.telegram import BotApi

SIMULATORS: dict[str, type[HttpSimulator] | type[MailServer]] = {
    "sms-cm": CmGateway,
    "sms-spryng": SpryngGateway,
    "smtp": MailServer,
    "telegram": BotApi,
}


def _stop_signalled(loop: asyncio.AbstractEventLoop, asked: Callable[[str], None]) -> asyncio.Event:
    """Set by a signal or the end of standard input; `asked` is called with each line that comes over it before."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kind = os.fstat(0).st_mode
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):  # a file or /dev/null is at its end from the start

        def read() -> None:
            if lines := os.read(0, 4096):  # a line is shorter than what a pipe takes in one piece (pipe(7))
                for line in lines.decode().splitlines():
                    asked(line)
            else:
                loop.remove_reader(0)
                stop.set()

        loop.add_reader(0, read)
    return stop


def _say(what: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _told(simulator: HttpSimulator | MailServer) -> dict[str, object]:
    """Its counts, and everything they are made of."""
    copies = [(*message, count) for message, count in simulator.counts.copies.items()]
    told: dict[str, object] = {**simulator.counts.as_json(), "copies": copies}
    if isinstance(simulator, HttpSimulator):
        reporter = simulator.reporter
        told["reports"] = {"sent": reporter.sent, "waiting": reporter.waiting, "ends": reporter.ends}
    return told


async def _run(simulator: HttpSimulator | MailServer) -> None:
    def asked(line: str) -> None:
        if not line:
            _say(_told(simulator))
        elif isinstance(simulator, HttpSimulator):
            simulator.reporter.hook = line

    stop = _stop_signalled(asyncio.get_running_loop(), asked)
    async with simulator:
        _say({"port": simulator.port})
        await stop.wait()
    _say(simulator.counts.as_json())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m broadcaster.demo.simulators", description=__doc__)
    parser.add_argument("name", choices=SIMULATORS)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--down", type=float, nargs=2, metavar=("N", "S"), help="out of service after N messages, for S s"
    )
    parser.add_argument("--fault-rate", type=float, default=0.0, help="the part of the calls that fail, 0 to 1")
    return parser.parse_args()


def main() -> None:
    """Run one until it is told to stop."""
    arguments = _arguments()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecations at every sign-in
    options = {"port": arguments.port, "faults": Faults(arguments.seed, arguments.fault_rate)}
    if arguments.down:
        options["down"] = (int(arguments.down[0]), arguments.down[1])
    asyncio.run(_run(SIMULATORS[arguments.name](**options)))


if __name__ == "__main__":
    main()
