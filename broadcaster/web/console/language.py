"""The language of the console: kept in a cookie that says nothing about anybody."""

import re

from broadcaster.store.answers import Answer
from broadcaster.web import forms, frames
from broadcaster.web.calls import Call
from broadcaster.web.console.dress import LANGUAGE_COOKIE
from broadcaster.web.console.words import LANGUAGES

_HERE = re.compile(r"/console[a-zA-Z0-9/_-]*(\?[\x21-\x7e]*)?")
_A_YEAR = 365 * 86400


async def choose(call: Call) -> Answer:
    """`POST /console/language`: and back to the page where it was chosen."""
    form = await forms.read(call.request)
    language = form.get("language") if form.get("language") in LANGUAGES else LANGUAGES[0]
    where = form.get("next") if _HERE.fullmatch(form.get("next")) else frames.HOME
    cookie = f"{LANGUAGE_COOKIE}={language}; Path=/console; Max-Age={_A_YEAR}; SameSite=Lax; HttpOnly"
    return frames.redirect(where, Set_Cookie=cookie)
