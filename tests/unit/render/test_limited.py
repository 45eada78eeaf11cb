"""The renderer in its own process: a bad template costs itself, and nothing else."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from broadcaster.data import find
from broadcaster.model.finding import FindingKind
from broadcaster.render.jail import Limits
from broadcaster.render.limited import InlineRenderer, LimitedRenderer
from broadcaster.render.request import RenderRequest

Ask = Callable[..., RenderRequest]
LONG = "'" + "x" * 1000 + "'"
BAD = {
    "three loops over a range": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "three loops over a text": f"{{% set s = {LONG} %}}"
    "{% for a in s %}{% for b in s %}{% for c in s %}{% endfor %}{% endfor %}{% endfor %}",
    "a text times a number": "{{ 'a' * 300000000 }}",
    "a tower of powers": "{{ 9**9**7 }}",
    "a wide column": "{{ headline.ljust(300000000) }}",
    "a wide number": "{{ '%300000000d' % 1 }}",
    "a wide format": "{{ '{:>300000000}'.format(1) }}",
    "a text that doubles": "{% set a0 = headline %}"
    + "".join(f"{{% set a{n} = a{n - 1} ~ a{n - 1} %}}" for n in range(1, 40))
    + "{{ a39 }}",
    "an endless answer": f"{{% set s = {LONG} %}}"
    "{% for a in s %}{% for b in s %}{{ s }}{% endfor %}{% endfor %}",
    "a name nobody gave": "{{ nobody }}",
    "a class": "{{ headline.__class__.__mro__ }}",
    "the globals of a function": "{{ headline.format.__globals__ }}",
    "a way out through a global": "{{ lipsum.__globals__.os.popen('id').read() }}",
    "a file of the machine": "{% include '/etc/passwd' %}",
    "a file above the folder": "{% include '../../config/omroeper.toml' %}",
    "a module": "{% import 'os' as os %}{{ os.getcwd() }}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a file that includes itself": "{% include 'layouts/bad/text.txt' %}",
    "a filter that is not ours": "{{ headline|pprint }}",
    "a division by nothing": "{{ 1 / 0 }}",
    "half a statement": "{% for a in",
    "parentheses without end": "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}",
    "half a letter": "{{ '\\ud800' }}",
}
QUICK = Limits(cpu_in=1)
in_one_loop = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house's own layouts, and room for a bad one."""
    made = tmp_path_factory.mktemp("templates")
    for path in find("templates").glob("layouts/**/*.*"):
        copy = made / path.relative_to(find("templates"))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (made / "layouts/bad").mkdir()
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def renderer(folder: Path) -> AsyncIterator[LimitedRenderer]:
    """One child for all bad templates: it has to survive them."""
    made = LimitedRenderer(folder, QUICK)
    yield made
    await made.aclose()


@in_one_loop
@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_template_is_refused_by_name_and_the_child_lives(
    ask: Ask, renderer: LimitedRenderer, folder: Path, bad: str
) -> None:
    (folder / "layouts/bad/text.txt").write_text(BAD[bad], "utf-8")
    (finding,) = (await renderer.render(ask(kinds=("bad",)))).findings
    assert (finding.code, finding.kind) == ("template-failed", FindingKind.BLOCKING)
    assert "layouts/bad/text.txt (nl)" in finding.message
    child = renderer._child
    assert ("sms", "nl") in (await renderer.render(ask(kinds=("sms",)))).texts
    assert renderer._child is child


def _spent(pid: int) -> float:
    """Seconds of processor that the ended children of a process took (proc(5): cutime, cstime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_no_bad_template_takes_more_than_two_seconds_of_processor(ask: Ask, folder: Path) -> None:
    renderer = LimitedRenderer(folder)
    spent = {}
    for bad, template in BAD.items():
        (folder / "layouts/bad/text.txt").write_text(template, "utf-8")
        await renderer.render(ask(kinds=("sms",)))
        assert renderer._child is not None
        before = _spent(renderer._child.pid)
        (finding,) = (await renderer.render(ask(kinds=("bad",)))).findings
        assert finding.code == "template-failed"
        spent[bad] = _spent(renderer._child.pid) - before
    await renderer.aclose()
    assert max(spent.values()) <= 2.1, spent  # the kernel counts in hundredths, and looks as often


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        ("three loops over a text", "1 seconden rekentijd"),
        ("a wide column", "MemoryError"),
        ("a name nobody gave", "nobody"),
    ],
)
async def test_the_cause_is_told(ask: Ask, folder: Path, bad: str, cause: str) -> None:
    (folder / "layouts/bad/text.txt").write_text(BAD[bad], "utf-8")
    renderer = LimitedRenderer(folder, QUICK)
    (finding,) = (await renderer.render(ask(kinds=("bad",)))).findings
    await renderer.aclose()
    assert cause in finding.message


async def test_a_rendering_that_takes_too_long_by_the_clock_is_stopped(ask: Ask, folder: Path) -> None:
    (folder / "layouts/bad/text.txt").write_text(BAD["three loops over a text"], "utf-8")
    renderer = LimitedRenderer(folder, Limits(cpu_in=60, wall_in=0.5))
    (finding,) = (await renderer.render(ask(kinds=("bad",)))).findings
    await renderer.aclose()
    assert "geen antwoord binnen 0.5 seconden" in finding.message


async def test_it_renders_the_same_as_in_process(ask_scenario: Ask) -> None:
    limited, inline = LimitedRenderer(), InlineRenderer()
    assert await limited.render(ask_scenario()) == await inline.render(ask_scenario())
    await limited.aclose()
    await inline.aclose()


async def test_a_child_that_was_killed_is_replaced(ask: Ask) -> None:
    renderer = LimitedRenderer()
    await renderer.render(ask())
    first = renderer._child
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    assert (await renderer.render(ask())).texts
    assert renderer._child is not first
    await renderer.aclose()


async def test_a_child_that_cannot_start_is_a_finding(ask: Ask, tmp_path: Path) -> None:
    renderer = LimitedRenderer(tmp_path / "nowhere")
    (finding,) = (await renderer.render(ask())).findings
    await renderer.aclose()
    assert finding.code == "template-failed"


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_the_child_knows_no_secret_of_the_hub(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMROEPER_SECRET__SMS_PRIMARY__TOKEN", "hush")
    renderer = LimitedRenderer()
    await renderer.render(ask())
    assert renderer._child is not None
    environment = environment_of(renderer._child.pid)
    await renderer.aclose()
    assert b"PYTHONPATH=" in environment
    assert b"OMROEPER" not in environment


async def test_closing_ends_the_child(ask: Ask) -> None:
    renderer = LimitedRenderer()
    await renderer.render(ask())
    child = renderer._child
    await renderer.aclose()
    assert child is not None
    assert child.returncode is not None
    await renderer.aclose()
