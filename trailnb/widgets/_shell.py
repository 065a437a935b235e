"""The border to the browser: questions come in as messages, answers and errors go back."""

from __future__ import annotations

import base64
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget

from trailnb.widgets._png import tight

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).parent

Answer = tuple[dict[str, Any], list[bytes]]


def script(*names: str) -> str:
    """One module of these files: the browser gets it as text, and text cannot import files."""
    return "\n".join((_HERE / f"{name}.js").read_text("utf-8") for name in names)


def style(*names: str) -> str:
    """One style sheet of these files."""
    return "\n".join((_HERE / f"{name}.css").read_text("utf-8") for name in names)


class Shell(anywidget.AnyWidget):
    """A widget that answers questions: what it is asked, its class says in `_asked`.

    Messages may arrive on a thread of their own while a cell runs, so answers take turns.
    """

    def __init__(self, **traits: Any) -> None:
        self._lock = threading.RLock()
        super().__init__(**traits)
        self.on_msg(self._heard)

    def _asked(self) -> dict[str, Callable[..., Answer]]:
        """Say what can be asked."""
        raise NotImplementedError

    def _heard(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        """Answer one message; whatever goes wrong is shown under the widget, as in a cell."""
        begun = time.perf_counter()
        ask = message.get("ask")
        try:
            with self._lock:
                answer, buffers = self._asked()[str(ask)](**message.get("args", {}))
        except Exception as error:  # noqa: BLE001 - shown: here is the last place that can
            answer, buffers = {"error": f"{type(error).__name__}: {error}"}, []
        milliseconds = round((time.perf_counter() - begun) * 1e3, 1)
        self.send(answer | {"ask": ask, "seq": message.get("seq"), "ms": milliseconds}, buffers)

    def _sentence(self) -> str:
        """Say the widget in one line, for places without a browser."""
        raise NotImplementedError

    def _picture(self) -> str:
        """Draw the present view as SVG, for places without a kernel."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the view and of what is behind it; a cell's output may keep the widget."""
        super().close()
        self.__dict__.pop("_model", None)

    def __repr__(self) -> str:
        """Say the widget in one line."""
        if "_model" not in self.__dict__:
            return f"{type(self).__name__}, closed"
        with self._lock:
            return self._sentence()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Add a picture and a sentence to the live view: exports and previews show those."""
        import vl_convert

        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        with self._lock:
            sentence, drawn = self._sentence(), self._picture()
        png = tight(vl_convert.svg_to_png(drawn))
        width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
        data["text/plain"] = sentence
        data["image/png"] = base64.b64encode(png).decode("ascii")
        metadata["image/png"] = {"width": width, "height": height, "alt": sentence}
        return data, metadata
