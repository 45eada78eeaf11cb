"""The areas as a map draws them."""

import gzip
import json
from math import dist

from tests.integration.web.site import Site

PATH = "/console/areas.geojson"


async def test_every_area_is_drawn_and_a_circle_has_its_size(site: Site) -> None:
    reply = await site.get("vera", PATH)
    assert reply.headers["Content-Type"] == "application/geo+json"
    features = {item["id"]: item for item in reply.json["features"]}
    assert {item["properties"]["name"] for item in features.values()} == {"Noord", "Zuid"}
    ((ring,),) = features["noord"]["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    for east, north in ring:  # 3 kilometres from the middle, in degrees of latitude
        assert abs(dist(((east - 5.12) * 0.6144, north - 52.09), (0, 0)) * 111.195 - 3.0) < 0.01


async def test_a_browser_that_has_it_is_told_so(site: Site) -> None:
    first = await site.get("vera", PATH)
    again = await site.get("vera", PATH, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.text) == (304, "")
    assert "no-cache" in first.headers["Cache-Control"]


async def test_it_goes_out_packed_to_who_unpacks(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.house.tokens['vera']}", "Accept-Encoding": "gzip"}
    async with site.session.get(site.url + PATH, headers=headers) as response:
        packed = await response.read()
    assert json.loads(gzip.decompress(packed)) == (await site.get("vera", PATH)).json
