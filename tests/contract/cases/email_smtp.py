from broadcaster.demo.simulators.smtp import MailServer, Reply
from channels import email_smtp
from tests.contract.harness import Case

USERNAME, PASSWORD = "omroeper-sender", "correct horse battery"
WAITS = ("connect_in", "greeting_in", "command_in", "data_in", "done_in")


def settings(port):
    return {"host": "127.0.0.1", "port": port, "tls": "none", "from": "crisis@voorbeeldstad.example"}


def _server(**options):
    return MailServer(users={USERNAME: PASSWORD}, **options)


def _echo(address):
    local, _, domain = address.partition("@")
    said = f"<{address}>: no {local} here; bounces+{local}={domain}@relay.example told {USERNAME} / {PASSWORD}"
    return Reply("RCPT", f"550 5.1.1 {said}")


CASE = Case(
    name="email_smtp",
    module=email_smtp,
    simulator=_server,
    settings=settings,
    impatient=dict.fromkeys(WAITS, 0.8),
    address=lambda n: f"bewoner-{n}@wijk.example",
    wire=lambda address: address,
    echo=_echo,
    hidden=lambda address: (address, address.partition("@")[0], address.replace("@", "="), USERNAME, PASSWORD),
    secrets={"username": USERNAME, "password": PASSWORD},
)
