"""What pages ship comes from us, whole, and may be kept by a browser."""

import re
from pathlib import Path

import broadcaster
from broadcaster.web.assets import ASSETS
from tests.integration.web.site import Site


async def test_an_asset_named_with_its_sum_may_be_kept_for_good(site: Site) -> None:
    for name in ("components.css", "theme.css", "htmx.js", "fonts/noto-sans-arabic.woff2"):
        reply = await site.call(None, "GET", ASSETS.url(name))
        assert reply.status_code == 200
        assert "immutable" in reply.headers["Cache-Control"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_without_its_sum_it_is_asked_for_again(site: Site) -> None:
    reply = await site.call(None, "GET", "/assets/theme.css")
    assert "immutable" not in reply.headers["Cache-Control"]
    again = await site.call(None, "GET", "/assets/theme.css", If_None_Match=reply.headers["ETag"])
    assert again.status_code == 304


async def test_nothing_outside_the_folder_is_an_asset(site: Site) -> None:
    for path in ("/assets/none.css", "/assets/../console/base.html", "/assets/%2e%2e/layouts/words.toml", "/assets/"):
        assert (await site.call(None, "GET", path)).status_code == 404


async def test_no_style_fetches_anything_from_elsewhere(site: Site) -> None:
    for name in ("components.css", "theme.css"):
        reply = await site.call(None, "GET", ASSETS.url(name))
        fetched = re.findall(r"url\((?!\s*['\"]?data:)[^)]*|@import", reply.text)
        assert fetched == []


async def test_a_page_goes_out_packed_and_one_with_a_secret_on_it_does_not(site: Site) -> None:
    cookie = await site.signed_in("anna")
    for path, packed in (("/console", True), ("/console/drafts/new", True), ("/console/account", False)):
        reply = await site.get(None, path, Cookie=cookie, Accept_Encoding="gzip")
        assert (reply.headers.get("Content-Encoding") == "gzip") is packed, path
        assert "<html" in (await site.get(None, path, Cookie=cookie)).text


def test_every_component_that_is_named_has_its_style() -> None:
    """The styles of the components are made anew by `.ci/assets` when a page names one more."""
    root, named = Path(broadcaster.__file__).parents[1], re.compile(r"utrecht-[a-z0-9_-]+")
    files = [file for kind in ("html", "js") for file in root.glob(f"templates/**/*.{kind}")]
    wanted = {name for file in [*files, *root.glob("broadcaster/**/*.py")] for name in named.findall(file.read_text())}
    assert (
        wanted - set(re.findall(r"\.(utrecht-[a-z0-9_-]+)", (root / "templates/assets/components.css").read_text()))
        == set()
    )
    assert "utrecht-button" in wanted
