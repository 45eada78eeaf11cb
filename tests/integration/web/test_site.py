"""The public page as files holds what is valid, with its posters, and tells nothing that is not for everybody."""

from broadcaster.cli.site import made
from broadcaster.seal import create_keys


async def test_what_is_valid_and_public_stands_in_the_files(h):
    create_keys(h.house.settings.keys_folder)
    public = await h.released()
    await h.released(
        h.content(
            channels=["sms"],
            event="Alleen voor artsen",
            infos=h.content()["infos"] | {"nl": h.content()["infos"]["nl"] | {"headline": "Alleen voor artsen"}},
        )
    )
    pages, posters = await h.store.read(made, h.house.settings)
    files = dict(pages)
    assert b"Stroomuitval in Noord" in files["index.html"]
    assert not [name for name, content in files.items() if b"Alleen voor artsen" in content]
    assert list(posters) == [f"v1/alerts/{public.id}/poster.pdf"]
    assert list(files)[-1] == "index.html"  # after all that it needs
