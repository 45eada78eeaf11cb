import json
from dataclasses import replace

from broadcaster.demo.simulators.http import Reply
from broadcaster.demo.simulators.sms_spryng import SpryngGateway
from channels import sms_spryng
from tests.contract.cases import sms_cm
from tests.contract.cases.sms_cm import TOKEN, settings

__all__ = ["CASE", "TOKEN", "settings"]


def _echo(address):
    said = f"The recipients.0 ({address[1:]}, 06 {address[4:7]} {address[7:]}) is invalid for {TOKEN}"
    return Reply(422, json.dumps({"message": said, "errors": {"recipients.0": [said]}}).encode())


CASE = replace(
    sms_cm.CASE,
    name="sms_spryng",
    module=sms_spryng,
    simulator=SpryngGateway,
    wire=lambda address: address[1:],
    echo=_echo,
)
