// One record as it was delivered: indented and coloured by its own text, nothing parsed away.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
// Longer records are shown uncoloured: a browser with a hundred thousand elements is no help.
const COLOURED = 100_000;

/** Indent JSON text without reading its numbers: what a parser would round stays exact. */
function* tokens(text) {
  let depth = 0, last = "";
  const line = () => "\n" + "  ".repeat(Math.min(depth, 60));
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") {
      depth--;
      yield [last === "{" || last === "[" ? token : line() + token, ""];
    } else {
      const before = last === "{" || last === "[" || last === "," ? line() : "";
      if (token === "{" || token === "[") depth++;
      const sort = token[0] === '"' ? "text" : /[{}[\],:]/.test(token) ? "" : "number";
      yield [before + token + (token === ":" ? " " : ""), sort];
    }
    last = token;
  }
}

function json(text) {
  const shown = document.createDocumentFragment();
  if (text.length > COLOURED) {
    shown.append(seen([...tokens(text)].map(([token]) => token).join("")));
    return shown;
  }
  const all = [...tokens(text)];
  all.forEach(([token, sort], place) => {
    const name = sort === "text" && all[place + 1]?.[0].startsWith(":") ? "field" : sort;
    shown.append(name ? h(`span.${name}`, {}, seen(token)) : seen(token));
  });
  return shown;
}

/** The pane beside the table: what to do with the record, notes on it, and its text. */
function recordPane({ star, note, only, close }) {
  let record = null;
  const copied = h("button", { type: "button", title: "Copy the record as it was delivered" }, "copy");
  const starred = h("button.star", { type: "button", "aria-pressed": "false", title: "Star this event (s)" });
  const actor = h("button", { type: "button", title: "Show only this actor" }, "only this actor");
  const origin = h("button", { type: "button", title: "Show only this address" }, "only this address");
  const text = /** @type {HTMLInputElement} */ (
    h("input", { placeholder: "note on this event…", "aria-label": "Note on this event" })
  );
  const written = h("ul.notes", { "aria-label": "Notes on this event" });
  const pre = h("pre", { tabindex: "0", "aria-label": "Record" });
  const shut = h("button", { type: "button", title: "Close the record (Esc)", "aria-label": "Close the record" }, "×");
  const box = h(
    "div.record", { hidden: true },
    h("div.bar", { role: "toolbar", "aria-label": "This event" }, starred, copied, actor, origin, h("span.room"), shut),
    h("form.bar", { onsubmit: (event) => {
      event.preventDefault();
      if (record && text.value.trim()) note(record, text.value.trim());
      text.value = "";
    } }, text, h("button", { type: "submit" }, "note")),
    written, pre,
  );
  copied.addEventListener("click", async () => {
    await copy(record.record);
    copied.textContent = "copied";
    setTimeout(() => (copied.textContent = "copy"), 1200);
  });
  starred.addEventListener("click", () => star(record.position));
  actor.addEventListener("click", () => only({ position: record.position }));
  origin.addEventListener("click", () => only({ text: record.labels.origin }));
  shut.addEventListener("click", () => close());
  const pane = {
    box,
    get record() {
      return record;
    },
    star(is) {
      starred.textContent = is ? "★ starred" : "☆ star";
      starred.setAttribute("aria-pressed", String(is));
    },
    notes(all) {
      written.replaceChildren(...all.map((one) => h("li", {}, seen(one))));
    },
    show(told) {
      record = told;
      pane.star(told.is_starred);
      pane.notes(told.notes);
      pre.replaceChildren(json(told.record));
      pre.scrollTop = 0;
      box.hidden = false;
    },
    hide() {
      record = null;
      box.hidden = true;
    },
  };
  return pane;
}
