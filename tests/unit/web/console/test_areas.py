"""What stands on the map besides the areas."""

from broadcaster.data import find
from broadcaster.settings import load
from broadcaster.web.console.areas import drawing


def test_a_support_point_is_on_the_map_when_the_configuration_says_where() -> None:
    settings = load(find("config") / "omroeper.toml", {})
    assert b'"point"' not in drawing(settings.areas, settings.points).raw
    placed = tuple(point.model_copy(update={"location": "52.1,5.2"}) for point in settings.points)
    raw = drawing(settings.areas, placed).raw
    assert b'"kind":"point","name":"Wijkhuis Noord"},"geometry":{"type":"Point","coordinates":[5.2,52.1]}' in raw
