"""A widget on a bare page: its own script, a stand-in model, and answers of the real Python."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.browser import offline_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Dialog, Page

    from trailnb.widgets._shell import Shell

_MOUNT = """async ([source, state]) => {
  const heard = {};
  const tell = (name, ...given) => (heard[name] ?? []).forEach((act) => act(...given));
  const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  window.sent = 0;
  window.unmount?.();
  window.took = async (answers) => {
    for (const [sort, told, buffers] of answers) {
      if (sort === "state") {
        Object.assign(state, told);
        Object.keys(told).forEach((name) => tell("change:" + name));
      } else tell("msg:custom", told, buffers.map(view));
    }
  };
  const model = {
    get: (name) => state[name],
    set(name, value) { state[name] = value; tell("change:" + name); },
    async save_changes() {
      window.sent += 1;
      await window.took(await window.python("state", state));
      window.sent -= 1;
    },
    on: (name, act) => (heard[name] ??= []).push(act),
    off: (name, act) => (heard[name] = (heard[name] ?? []).filter((one) => one !== act)),
    async send(message) {
      window.sent += 1;
      await window.took(await window.python("message", message));
      window.sent -= 1;
    },
  };
  window.state = state;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const made = await import(url);
  window.again = () => made.default.render({ model, el: document.getElementById("app") });
  window.unmount = window.again();
}"""
_PAGE = "body { margin: 8px; font-family: sans-serif }"
#: JupyterLab's dark theme, as far as the explorers read it.
DARK = """body { background: #111; --jp-layout-color0: #111; --jp-layout-color1: #212121;
  --jp-layout-color2: #424242; --jp-ui-font-color0: #fff; --jp-ui-font-color1: #e0e0e0;
  --jp-border-color2: #616161 }"""


def traits_of(widget: Shell) -> dict[str, Any]:
    """The public traits: what the browser sees of the widget's state."""
    return {name: getattr(widget, name) for name in widget.PUBLIC}


class Stage:
    """One page on which one widget after the other is shown."""

    def __init__(self, page: Page, asked: list[str]) -> None:
        self.page, self.asked = page, asked
        self.wrong: list[str] = []
        self.answer: Callable[[str, dict[str, Any]], list[list[Any]]] = lambda *_: []
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", self._refuse)
        page.expose_binding("python", lambda _, sort, told: self.answer(sort, told))

    def _refuse(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def show(self, widget: Shell, *, width: int = 1240, is_dark: bool = False) -> Page:
        """Mount the widget, and wait until it has painted what it asked for."""
        page = self.page
        page.set_viewport_size({"width": width, "height": 1000})
        page.set_content("<!doctype html><html lang=en><title>t</title><main id=app></main></html>")
        page.add_style_tag(content=_PAGE + (DARK if is_dark else ""))
        page.add_style_tag(content=str(widget._css))
        self.answer = answers_of(widget)
        page.evaluate(_MOUNT, [str(widget._esm), traits_of(widget)])
        settle(page)
        return page

    def check(self) -> None:
        """Nothing was asked of the network, and no script broke."""
        assert self.asked == []
        assert self.wrong == []


@contextmanager
def stage() -> Iterator[Stage]:
    """Open a page for widgets."""
    with offline_page() as (page, asked):
        yield Stage(page, asked)


def answers_of(widget: Shell) -> Callable[[str, dict[str, Any]], list[list[Any]]]:
    """What does the real Python say to what the browser tells: messages, and traits it set?"""
    out: list[list[Any]] = []

    def send(told: dict[str, Any], buffers: list[bytes] = []) -> None:  # noqa: B006 - never changed
        out.append(["message", told, [base64.b64encode(one).decode() for one in buffers]])

    def python(sort: str, told: dict[str, Any]) -> list[list[Any]]:
        before = traits_of(widget)
        if sort == "state":
            for name, value in told.items():
                setattr(widget, name, value)
        else:
            widget._heard(widget, told, [])
        after = traits_of(widget)
        changed = {
            name: after[name] for name in after if sort != "state" and after[name] != before[name]
        }
        answers = [["state", changed, []]] if changed else []
        answers += out
        out.clear()
        return answers

    widget.send = send
    return python


def settle(page: Page) -> None:
    """Wait until all is painted: three frames in a row without a question."""
    page.evaluate(
        """async () => {
          const frame = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
          for (let quiet = 0; quiet < 3; quiet = window.sent ? 0 : quiet + 1) await frame();
        }"""
    )
