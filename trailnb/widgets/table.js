// A table of any length: rows come in pages of 100 when they are looked at.

const ROW = 24;
const PAGE = 100;
// Browsers cap the height of an element; beyond this, scrolling is scaled.
const TALLEST = 8_000_000;

/**
 * `columns` are [heading, class]; `page(offset)` asks for rows, which come by `fill`;
 * `cells(row)` gives a row's children; `picked(row)` is told of a click or an arrow key.
 */
function table(label, columns, { page, cells, picked, key }) {
  const heads = columns.map(([text, name]) => h(`span.${name}`, { role: "columnheader" }, text));
  const head = h("div.head", { role: "row" }, ...heads);
  const body = h("div.body", { role: "rowgroup" });
  const box = h(
    "div.table", { role: "grid", tabindex: "0", "aria-label": label },
    h("div", { role: "rowgroup", class: "heads" }, head), body,
  );
  let total = 0, pages = {}, first = 0, cursor = -1, own = false, wanted = -1;

  const visible = () => Math.max(1, Math.floor((box.clientHeight - ROW) / ROW));
  const tall = () => Math.min(total * ROW, TALLEST);
  const scale = () => {
    const room = Math.max(1, tall() - visible() * ROW);
    return Math.max(1, (total - visible()) * ROW) / room;
  };
  const at = (place) => pages[Math.floor(place / PAGE) * PAGE]?.[place % PAGE];

  function paint() {
    body.style.height = `${tall()}px`;
    const count = Math.min(total - first, visible() + 2);
    const top = tall() < TALLEST ? first * ROW : box.scrollTop - (box.scrollTop % 1);
    const rows = [];
    for (let i = 0; i < count; i++) {
      const row = at(first + i);
      const line = h("div.row", {
        role: "row", "aria-rowindex": String(first + i + 2),
        "aria-selected": String(first + i === cursor),
      });
      line.style.top = `${top + i * ROW}px`;
      line.append(...(row ? cells(row) : [h("span.wait", { role: "gridcell" }, "…")]));
      line.addEventListener("click", (event) => pick(first + i, event));
      rows.push(line);
    }
    body.replaceChildren(...rows);
    box.setAttribute("aria-rowcount", String(total + 1));
    for (const place of [first, first + count - 1]) {
      const offset = Math.floor(Math.max(0, place) / PAGE) * PAGE;
      if (total && !pages[offset] && wanted !== offset) page((wanted = offset));
    }
  }
  function pick(place, event) {
    cursor = place;
    const row = at(place);
    paint();
    if (row) picked(row, event);
  }
  function show(place) {
    if (place < first) first = place;
    else if (place >= first + visible()) first = place - visible() + 1;
    else return;
    own = true;
    box.scrollTop = (first * ROW) / scale();
  }
  let frame = 0;
  box.addEventListener("scroll", () => {
    if (own) return void (own = false), paint();
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      first = Math.max(0, Math.min(total - visible(), Math.floor((box.scrollTop * scale()) / ROW)));
      paint();
    });
  });
  box.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: visible(), PageUp: -visible(), Home: -total, End: total };
    const row = cursor >= 0 ? at(cursor) : undefined;
    if (event.target === box && event.key in steps && total) {
      const place = Math.max(0, Math.min(total - 1, cursor + steps[event.key]));
      show(place);
      pick(place, event);
    } else if (!(row && key?.(event.key, row))) return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    box,
    paint,
    clear() {
      pages = {};
      cursor = wanted = -1;
      first = 0;
      own = box.scrollTop !== 0;
      box.scrollTop = 0;
    },
    fill(count, offset, rows) {
      total = count;
      pages[offset] = rows;
      wanted = -1;
      paint();
    },
  };
}
