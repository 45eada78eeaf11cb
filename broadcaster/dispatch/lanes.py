"""The two lanes as types: a delivery of one never fits an outlet of the other."""

from typing import Generic, NamedTuple, TypeVar

from broadcaster.channel import Parcel
from broadcaster.model.cap import Lane


class Live:
    """Marks what may leave the house."""

    lane = Lane.LIVE


class Drill:
    """Marks what may not."""

    lane = Lane.DRILL


L = TypeVar("L", Live, Drill)


class Delivery(NamedTuple, Generic[L]):
    """A claimed delivery on its way to an outlet of the same lane. (A tuple, as `Claimed` is.)

    `epoch` is the fencing token: an outcome with another epoch than the row's is discarded.
    `transmissions` counts how often its bytes may have gone out, this time not included.
    """

    id: int
    epoch: int
    alert_id: str
    rank: int
    attempts: int
    transmissions: int
    parcel: Parcel
