"""`/steunpunt`: the page of a support point's host, and what its forms do."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from broadcaster.model.board import Mode
from broadcaster.pages.html import environment
from broadcaster.relay.host import answers, standing
from broadcaster.relay.host.answers import Form, Wrong
from broadcaster.relay.host.door import Door, is_own
from broadcaster.relay.host.dress import LANGUAGE, REAL, Asked, page, see_other
from broadcaster.relay.host.emergency import silent_112
from broadcaster.relay.host.notebook import Notebook
from broadcaster.relay.host.own import Own
from broadcaster.relay.host.pin import FILE, Pin, is_pin
from broadcaster.relay.host.telling import Said, Teller
from broadcaster.relay.local import LocalLine
from broadcaster.relay.parts import Parts

HOME = "/steunpunt"
NOTEBOOK = "host.json"
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100
_REAL_IN = 2 * 3600
"""Seconds that a device goes on reporting for real in an exercise."""
Handler = Callable[[Asked], Awaitable[web.Response]]
FormHandler = Callable[[Asked, Form], Awaitable[web.Response]]


class Desk:
    """The host's page of one relay. Its PIN and its notebook are in the relay's folder."""

    def __init__(self, parts: Parts) -> None:
        self._own = Own(parts)
        folder = parts.settings.relay.folder
        self._templates = environment("host")
        self._notebook = Notebook(folder / NOTEBOOK)
        self._teller = Teller(self._own, self._notebook)
        self._door = Door(Pin(folder / FILE), parts.clock)

    def routes(self) -> list[web.RouteDef]:
        """What the relay answers for its host."""
        shown: dict[str, Handler] = {
            "": self._front,
            "/open": self._opening,
            "/druk-af": self._printing,
            "/gehoord": self._hearing,
            "/dringend": self._urgency,
            "/berichten": self._told,
            "/regel": self._local_line,
            "/pincode": self._pin_form,
        }
        sent: dict[str, FormHandler] = {
            "/open": self._open,
            "/druk-af": self._printed,
            "/gehoord": self._heard,
            "/dringend": self._urgent,
            "/regel": self._put_line,
            "/pincode": self._change_pin,
            "/echt": self._say_real,
            "/uit": self._leave,
        }
        return [
            *(web.get(HOME + path, self._inside(handler)) for path, handler in shown.items()),
            *(web.post(HOME + path, self._sent_inside(handler)) for path, handler in sent.items()),
            web.post(HOME + "/pin", self._sent(self._enter)),
            web.post(HOME + "/taal", self._sent(self._choose_language)),
        ]

    # --- who may --------------------------------------------------------------------------------

    def _asked(self, request: web.Request) -> Asked:
        own = self._own
        return Asked(request, own, self._notebook, own.clock.now(), own.clock_known, own.line)

    def _inside(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            asked = self._asked(request)
            return await handler(asked) if self._door.admits(request) else self._ask_pin(asked)

        return answer

    def _sent(self, handler: FormHandler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            asked = self._asked(request)
            if not is_own(request):
                return self._page(asked, "problem.html", 403, said=asked.words("page.foreign"))
            form = await _form_of(request)
            try:
                return await handler(asked, form)
            except OSError:
                return self._page(asked, "problem.html", 507, said=asked.words("page.full"))

        return answer

    def _sent_inside(self, handler: FormHandler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(asked: Asked, form: Form) -> web.Response:
            return await handler(asked, form) if self._door.admits(asked.request) else self._ask_pin(asked, 403)

        return self._sent(answer)

    def _page(self, asked: Asked, name: str, status_code: int = 200, **values: Any) -> web.Response:
        return page(self._templates, asked, name, status_code, **values)

    # --- the PIN --------------------------------------------------------------------------------

    def _ask_pin(self, asked: Asked, status_code: int = 200, fault: str = "", wait_in: int = 0) -> web.Response:
        faults = {"pin": asked.words(fault, n=wait_in)} if fault else {}
        return self._page(asked, "pin.html", status_code, faults=faults, exists=self._door.pin.is_set())

    async def _enter(self, asked: Asked, form: Form) -> web.Response:
        if wait_in := self._door.wait_in(asked.request):
            found = self._ask_pin(asked, 429, "pin.wait", wait_in)
            found.headers["Retry-After"] = str(wait_in)
            return found
        if not await self._door.knows(asked.request, _digits(form.get("pin"))):
            return self._ask_pin(asked, 403, "pin.wrong")
        return see_other(HOME, "", self._door.let_in())

    async def _leave(self, _asked: Asked, _form: Form) -> web.Response:
        return see_other(HOME, "", self._door.let_out())

    async def _pin_form(self, asked: Asked) -> web.Response:
        return self._page(asked, "change-pin.html")

    async def _change_pin(self, asked: Asked, form: Form) -> web.Response:
        new = _digits(form.get("new"))
        faults: dict[str, str] = {}
        if not is_pin(new):
            faults["new"] = asked.words("pin.shape")
        elif new != _digits(form.get("again")):
            faults["again"] = asked.words("pin.differ")
        elif wait_in := self._door.wait_in(asked.request):
            faults["old"] = asked.words("pin.wait", n=wait_in)
        elif not await self._door.knows(asked.request, _digits(form.get("old"))):
            faults["old"] = asked.words("pin.wrong")
        if faults:
            return self._page(asked, "change-pin.html", 422, faults=faults)
        await self._door.change(new)
        return see_other(HOME, "pin.changed", self._door.let_in())

    # --- the four buttons -----------------------------------------------------------------------

    async def _front(self, asked: Asked) -> web.Response:
        return self._page(
            asked,
            "front.html",
            opening=standing.last_opening(asked.told),
            paper=standing.on_paper(asked.told),
            urgent=next((report for report in asked.told if report.urgent is not None), None),
            receipts=self._own.receipts,
            local=self._own.local(asked.mode, asked.now),
        )

    async def _opening(self, asked: Asked, **values: Any) -> web.Response:
        found = standing.last_opening(asked.told)
        status_code = 422 if values else 200
        ticks = self._notebook.ticks
        return self._page(
            asked, "opening.html", status_code, opening=found, checklist=answers.CHECKLIST, ticks=ticks, **values
        )

    async def _open(self, asked: Asked, form: Form) -> web.Response:
        is_open = form.get("open") == "yes"
        try:
            said = answers.opening(form, is_open=is_open)
        except Wrong as wrong:
            return await self._opening(asked, **_again(asked, form, wrong))
        self._notebook.tick(answers.ticks(form) if is_open else ())
        if not is_open:
            return await self._tell(asked, form, said, HOME, "opening.closed")
        first = form.get("first") == "yes"
        return await self._tell(asked, form, said, f"{HOME}/open" if first else HOME, "opening.said" if first else "")

    async def _printing(self, asked: Asked) -> web.Response:
        hanging = standing.on_paper(asked.told)
        return self._page(
            asked,
            "print.html",
            hanging=hanging,
            old=standing.to_take_down(asked.notices, hanging),
            query="" if asked.mode is Mode.LIVE else "&mode=exercise",
        )

    async def _printed(self, asked: Asked, form: Form) -> web.Response:
        old = standing.to_take_down(asked.notices, standing.on_paper(asked.told))
        return await self._tell(asked, form, answers.paper(form, asked.notices.numbers, old), HOME)

    async def _hearing(self, asked: Asked) -> web.Response:
        return self._page(asked, "heard.html")

    async def _heard(self, asked: Asked, form: Form) -> web.Response:
        try:
            said = answers.heard(form)
        except Wrong as wrong:
            return self._page(asked, "heard.html", 422, **_again(asked, form, wrong))
        return await self._tell(asked, form, said, f"{HOME}/berichten")

    async def _urgency(self, asked: Asked, **values: Any) -> web.Response:
        return self._page(
            asked,
            "urgent.html",
            422 if values else 200,
            silent=silent_112(asked.live.current),
            last_read=standing.last_read(asked.told, self._own.receipts),
            **values,
        )

    async def _urgent(self, asked: Asked, form: Form) -> web.Response:
        try:
            said = answers.urgent(form)
        except Wrong as wrong:
            return await self._urgency(asked, **_again(asked, form, wrong))
        note = "urgent.then_line" if asked.line.up else "urgent.then_no_line"
        return await self._tell(asked, form, said, f"{HOME}/berichten", note)

    async def _told(self, asked: Asked) -> web.Response:
        return self._page(asked, "told.html", receipts=self._own.receipts)

    async def _tell(self, asked: Asked, form: Form, said: Said, then: str, note: str = "") -> web.Response:
        """Tell it, unless an exercise began or ended since the form was opened: a host looks again then."""
        if form.get("mode") != asked.mode:
            return self._look_again(asked, form)
        new = self._teller.tell(form.get("id"), asked.mode, said)
        told = "page.told" if asked.line.up else "page.told_no_line"
        return see_other(then, (note or told) if new else "page.once")

    def _look_again(self, asked: Asked, form: Form) -> web.Response:
        key = "exercise.changed_to_exercise" if asked.mode is Mode.EXERCISE else "exercise.changed_to_real"
        return self._page(asked, "again.html", 409, said=asked.words(key), fields=_fields_but_mode(form))

    # --- the line on the screen -----------------------------------------------------------------

    async def _local_line(self, asked: Asked, **values: Any) -> web.Response:
        found = self._own.local(asked.mode, asked.now)
        return self._page(asked, "line.html", 422 if values else 200, local=found, **values)

    async def _put_line(self, asked: Asked, form: Form) -> web.Response:
        if form.get("mode") != asked.mode:
            return self._look_again(asked, form)
        if form.get("off"):
            self._own.put_local(asked.mode, None)
            return see_other(HOME, "line.is_off")
        try:
            text = answers.local_line(form)
        except Wrong as wrong:
            return await self._local_line(asked, **_again(asked, form, wrong))
        self._own.put_local(asked.mode, LocalLine(text=text, at=asked.now, until=self._midnight(asked.now)))
        return see_other(HOME, "line.is_on")

    def _midnight(self, now: datetime) -> datetime:
        tomorrow = now.astimezone(self._own.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._own.zone)

    # --- language and mode of this device -------------------------------------------------------

    async def _choose_language(self, asked: Asked, form: Form) -> web.Response:
        language = "en" if form.get("language") == "en" else "nl"
        return see_other(HOME, "", f"{LANGUAGE}={language}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly")

    async def _say_real(self, asked: Asked, form: Form) -> web.Response:
        real = form.get("real") == "yes"
        kept = f"{REAL}=1; Max-Age={_REAL_IN}" if real else f"{REAL}=; Max-Age=0"
        return see_other(HOME, "", f"{kept}; Path=/; SameSite=Strict; HttpOnly")


async def _form_of(request: web.Request) -> Form:
    if request.content_type != _FORM:
        raise web.HTTPUnsupportedMediaType
    try:
        text = (await request.read()).decode("utf-8", "replace")
        return Form(parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise web.HTTPBadRequest from None


def _fields_but_mode(form: Form) -> list[tuple[str, str]]:
    return [(name, value) for name in form.fields if name != "mode" for value in form.all(name)]


def _again(asked: Asked, form: Form, wrong: Wrong) -> dict[str, Any]:
    """The same form, as it was filled in, with what is not right."""
    faults = {name: asked.words(key, **wrong.values) for name, key in wrong.faults.items()}
    return {"faults": faults, "filled": dict(form.fields)}


def _digits(text: str) -> str:
    """A PIN as it was typed, without the blanks that people put in."""
    return text.replace(" ", "").replace("-", "")
