// The pivot explorer: values with their activity, one step after the other.

const WORDS = { origin: "address", actor: "actor", action: "action", target: "target", key: "access key", agent: "agent", account: "account", region: "region" };
const MANY = { origin: "addresses", actor: "actors", action: "actions", target: "targets", key: "keys", agent: "agents", account: "accounts", region: "regions" };
const ROWS = 40;

function spark(bars, bins) {
  const wide = 150, high = 20, one = wide / bins;
  const most = Math.log2(1 + Math.max(...bars.map(([, events]) => events)));
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  svg.setAttribute("class", "spark");
  svg.setAttribute("role", "img");
  const refused = bars.reduce((sum, [, , bad]) => sum + bad, 0);
  svg.setAttribute("aria-label", `active in ${bars.length} of ${bins} parts of the time, ${num(refused)} refused`);
  const bar = (part, top, tall, colour) => {
    const rect = svg.appendChild(document.createElementNS(SVG, "rect"));
    for (const [name, value] of Object.entries({ x: part * one, y: top, width: one - 0.4, height: tall })) rect.setAttribute(name, value.toFixed(1));
    rect.style.fill = `var(${colour})`;
  };
  for (const [part, events, bad] of bars) {
    const tall = Math.max(2, (Math.log2(1 + events) / most) * (high - 1)), worse = bad ? Math.max(2.5, (tall * bad) / events) : 0;
    bar(part, high - tall, tall - worse, "--read");
    if (worse) bar(part, high - worse, worse, "--refused");
  }
  return svg;
}

function render({ model, el }) {
  let data = null, count = ROWS, focus = null;
  const inside = new Map(), stats = { answers: 0, painted: 0 };
  const crumbs = h("nav.crumbs", { "aria-label": "Path" }), sum = h("span.quiet", { role: "status" });
  const text = /** @type {HTMLInputElement} */ (h("input", { placeholder: "value contains…", "aria-label": "Value contains", size: "14" }));
  const pickers = h("span.pickers"), head = h("thead"), body = h("tbody");
  const more = h("button.more", { type: "button" }), speed = h("span.quiet");
  const frame = framed(
    el,
    h("div.bar", {}, h("b", {}, "Pivot"), crumbs, h("span.room"), text, pickers),
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Values" }, h("table", {}, head, body), more),
    h("div.foot", {}, sum, h("span.room"), speed),
  );
  frame.root.__stats = stats;
  const ask = asker(model, frame.guard(answered), frame.failed);
  const list = () => ask("rows", { count, text: text.value });
  const go = (where) => ask("go", where);

  function answered(told) {
    frame.fine();
    if (told.ask === "inside") inside.set(told.code, told);
    if (told.ask === "rows") {
      data = told;
      stats.answers++;
      speed.textContent = `${told.ms} ms`;
    }
    if (told.ask !== "go" && data) paint();
  }
  function started() {
    inside.clear();
    count = ROWS;
    list();
  }

  function paint() {
    const { path, dimension, beside } = data;
    crumbs.replaceChildren(
      crumb("whole case", 0, !path.length),
      ...path.map(([name, value], place) => crumb(value, place + 1, place === path.length - 1, WORDS[name])),
    );
    const by = select("List", "", data.dimensions.map((name) => `by ${WORDS[name]}`), (place) => go({ dimension: data.dimensions[place] }));
    by.value = String(data.dimensions.indexOf(dimension));
    const order = select("Order", "", data.orders, (place) => go({ order: data.orders[place] }));
    order.value = String(data.orders.indexOf(model.get("order")));
    pickers.replaceChildren(by, order);
    const [from, to] = data.extent;
    head.replaceChildren(h("tr", {},
      h("th.value", { scope: "col" }, WORDS[dimension]), h("th.over", { scope: "col" }, `${utc(from, 10).slice(5)} – ${utc(to, 10).slice(5)}`),
      ...["events", "refused", "writes"].map((name) => h("th.count", { scope: "col" }, name)),
      ...beside.map((name) => h("th.count", { scope: "col" }, MANY[name])),
      h("th.when", { scope: "col" }, "first (UTC)"), h("th.when", { scope: "col" }, "last (UTC)"),
    ));
    body.replaceChildren(...data.rows.flatMap((row) => {
      const ahead = inside.get(row.code);
      return [line(row, dimension, null, ahead), ...(ahead ? ahead.rows.map((one) => line(one, ahead.dimension, row)) : []),
        ...(ahead && ahead.total > ahead.rows.length ? [h("tr.sub", {}, h("td", { colspan: String(7 + beside.length) }, `and ${num(ahead.total - ahead.rows.length)} more ${MANY[ahead.dimension]}`))] : [])];
    }));
    more.hidden = data.total <= data.rows.length;
    more.textContent = `${num(data.rows.length)} of ${num(data.total)}: show more`;
    sum.textContent = `${num(data.events)} events · ${num(data.total)} ${(data.total === 1 ? WORDS : MANY)[dimension]}` + (data.untimed ? ` · ${num(data.untimed)} events without a time are not counted` : "");
    if (focus !== null) body.querySelector(`[data-code="${Number(focus)}"]`)?.focus();
    focus = null;
    stats.painted = performance.now();
  }
  function crumb(name, place, last, word = "") {
    return h("button.crumb", { type: "button", "aria-current": last ? "true" : null, title: name, onclick: () => !last && go({ back: place }) },
      place ? "› " : "", h("span.quiet", {}, word ? `${word} ` : ""), clipped(name, 44));
  }
  function line(row, dimension, above, ahead) {
    const value = h("button.link", {
      type: "button", title: row.label, onclick: () => go({ steps: above ? [[data.dimension, above.code], [dimension, row.code]] : [[dimension, row.code]] }),
    }, clipped(row.label, frame.root.classList.contains("narrow") ? 30 : 52));
    const toggle = h("button.toggle", {
      type: "button", "aria-expanded": String(!!ahead), "aria-label": `Look inside ${row.label}`, "data-code": String(row.code),
      onclick: () => {
        focus = row.code;
        if (inside.delete(row.code)) paint();
        else ask("inside", { code: row.code });
      },
    }, ahead ? "▾" : "▸");
    const cell = (name, shown) => h(`td.${name}`, {}, shown);
    return h(above ? "tr.sub" : "tr", {},
      h("td.value", {}, h("div", {}, above ? h("span.quiet", {}, WORDS[dimension]) : toggle, value)),
      h("td.over", {}, spark(row.spark, data.bins)), cell("count", num(row.events)),
      cell(row.refused ? "count.refused" : "count", row.refused ? `${num(row.refused)} ×` : "–"), cell("count", row.writes ? num(row.writes) : "–"),
      ...data.beside.map((_, place) => cell("count", above ? "" : num(row.beside[place]))),
      cell("when", utc(row.first, 16).slice(5)), cell("when", utc(row.last, 16).slice(5)));
  }

  let later = 0;
  text.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(list, 150);
  });
  more.addEventListener("click", () => ((count += ROWS * 2), list()));
  frame.root.addEventListener("keydown", frame.guard((event) => {
    if (event.key !== "Backspace" || event.target === text || !data?.path.length) return;
    event.preventDefault();
    event.stopPropagation();
    go({ back: data.path.length - 1 });
  }));
  // Two traits change at one step: one question is enough.
  let due = 0;
  const moved = () => {
    clearTimeout(due);
    due = setTimeout(frame.guard(() => ((text.value = ""), started())), 0);
  };
  for (const name of PUBLIC) model.on(`change:${name}`, moved);
  requestAnimationFrame(frame.guard(() => {
    frame.look();
    started();
  }));
  return () => {
    for (const name of PUBLIC) model.off(`change:${name}`, moved);
    ask.close();
    frame.close();
  };
}
const PUBLIC = ["path", "dimension", "order"];

export default { render };
