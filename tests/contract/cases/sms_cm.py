import json

from broadcaster.demo.simulators.http import Reply, Request
from broadcaster.demo.simulators.sms_cm import CmGateway
from channels import sms_cm
from tests.contract.harness import Case

TOKEN = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def settings(port):
    return {"base_url": f"http://127.0.0.1:{port}", "from": "Voorbeeld", "timeout": 20, "concurrency": 4}


def _echo(address):
    national = "0" + address[3:]

    def reply(request: Request) -> Reply:
        messages = json.loads(request.body)["messages"]["msg"]
        said = f"Gsm '00{address[1:]}' ({address}, 06 {national[2:5]} {national[5:]}) is not a number for {TOKEN}"
        refusal = {"status": "Rejected", "parts": 0, "messageDetails": said, "messageErrorCode": 303}
        entries = [{"to": m["to"][0]["number"], "reference": m["reference"], **refusal} for m in messages]
        return Reply(400, json.dumps({"details": said, "errorCode": 201, "messages": entries}).encode())

    return reply


CASE = Case(
    name="sms_cm",
    module=sms_cm,
    simulator=CmGateway,
    settings=settings,
    impatient={"timeout": 0.8},
    address=lambda n: f"+31612{345000 + n}",
    wire=lambda address: "00" + address[1:],
    echo=_echo,
    hidden=lambda address: (
        address[1:],
        "00" + address[1:],
        "0" + address[3:],
        address[5:],
        f"{address[4:7]} {address[7:]}",
        TOKEN,
    ),
    secrets={"token": TOKEN},
)
