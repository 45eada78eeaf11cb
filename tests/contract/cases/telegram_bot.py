import json
from functools import partial

from broadcaster.demo.simulators.http import Reply
from broadcaster.demo.simulators.telegram import BotApi, text_mark
from channels import telegram_bot
from tests.contract.harness import Case

SECRET = "AAEhBOweik6ad9r_QXMENQjcrbGqCr4K-bc"
TOKEN = f"110201543:{SECRET}"


def settings(port):
    return {"base_url": f"http://127.0.0.1:{port}", "timeout": 20, "concurrency": 4, "chat_pause": 0}


def _echo(address):
    said = f"Bad Request: chat not found: {address}, bot{TOKEN}, {SECRET}, @voorbeeld_nl"
    return Reply(400, json.dumps({"ok": False, "error_code": 400, "description": said}).encode())


CASE = Case(
    name="telegram_bot",
    module=telegram_bot,
    simulator=partial(BotApi, unlimited=True),
    settings=settings,
    impatient={"timeout": 0.8},
    address=lambda n: str(4_500_000_000 + n),
    wire=str,
    echo=_echo,
    hidden=lambda address: (address, address[:-1], TOKEN, SECRET, TOKEN.partition(":")[0], "voorbeeld_nl"),
    secrets={"token": TOKEN},
    mark=lambda parcel: text_mark(parcel.rendition.payload.decode()),
)
