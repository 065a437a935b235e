// The lineage explorer: who became whom, from left to right; a box's events below.

const BOX = { wide: 200, high: 46, across: 232, down: 58, edge: 8 };

function render({ model, el }) {
  let graph = null, actors = [], turn = 0;
  const text = /** @type {HTMLInputElement} */ (h("input", { placeholder: "actor contains…", "aria-label": "Actor contains", size: "14" }));
  const list = h("div.actors", { role: "group", "aria-label": "Who began chains" }), sum = h("span.quiet", { role: "status" });
  const stage = h("div.stage", { tabindex: "0", role: "region", "aria-label": "Sessions and hops" });
  const foot = h("span", { role: "status" }), speed = h("span.quiet");
  const rows = table(
    "Events of the chosen sessions",
    [["kind", "kind"], ["time (UTC)", "time"], ["actor", "actor"], ["action", "action"], ["outcome", "outcome"], ["target", "target"], ["source IP", "origin"], ["account", "account"]],
    { page: (offset) => ask("rows", { offset, turn }), cells, picked: (row) => ask("record", { place: row[0] }), key },
  );
  const pre = h("pre", { tabindex: "0", "aria-label": "Record" }), copied = h("button", { type: "button" }, "copy"), shut = h("button", { type: "button", "aria-label": "Close the record" }, "×");
  const pane = h("div.record", { hidden: true }, h("div.bar", {}, copied, h("span.room"), shut), pre);
  const split = h("div.split", { hidden: true }, rows.box, pane);
  const frame = framed(
    el,
    h("div.bar", {}, h("b", {}, "Lineage"), sum, h("span.room"), text),
    h("div.family", {}, list, stage), split, h("div.foot", {}, foot, h("span.room"), speed),
  );
  const ask = asker(model, frame.guard(answered), frame.failed);
  let record = "";

  function answered(told) {
    frame.fine();
    if (told.ask === "actors") {
      actors = told.actors;
      list.replaceChildren(...actors.map((one, place) => h("button.who", {
        type: "button", "aria-pressed": String(one.actor === graph?.actor), title: `${one.actor} (${one.kind}): ${num(one.sessions)} sessions, ${num(one.events)} events`,
        onclick: () => ask("go", { actor: place, text: text.value }),
      }, h("span", {}, clipped(one.actor, 27)), one.denied ? h("em", {}, `${num(one.denied)}×`) : "", h("i", {}, one.hops === 1 ? "1 hop" : `${num(one.hops)} hops`))),
      told.total > actors.length ? h("span.quiet", {}, `and ${num(told.total - actors.length)} more`) : "");
    }
    if (told.ask === "graph") {
      graph = told;
      draw();
      speed.textContent = `${told.ms} ms`;
      for (const one of list.querySelectorAll(".who")) one.setAttribute("aria-pressed", String(actors[[...list.children].indexOf(one)]?.actor === graph.actor));
    }
    if (told.ask === "rows") {
      if (told.turn !== turn) {
        if (told.offset) return;
        rows.clear();
      }
      split.hidden = false;
      rows.fill(told.total, told.offset, told.rows);
      foot.textContent = `${num(told.total)} events of ${num(model.get("selected").length)} ${model.get("selected").length === 1 ? "session" : "sessions"}`;
    }
    if (told.ask === "record") {
      record = told.record;
      pre.replaceChildren(json(record));
      pre.scrollTop = 0;
      pane.hidden = false;
      split.classList.add("open");
      rows.paint();
    }
  }
  function draw() {
    const nodes = graph.nodes, svg = document.createElementNS(SVG, "svg");
    const wide = BOX.edge * 2 + BOX.across * (1 + Math.max(0, ...nodes.map((node) => node.layer)));
    const high = BOX.edge * 2 + BOX.down * (1 + Math.max(0, ...nodes.map((node) => node.row)));
    svg.setAttribute("width", String(wide));
    svg.setAttribute("height", String(high));
    svg.setAttribute("aria-hidden", "true");
    const at = (node) => [BOX.edge + node.layer * BOX.across, BOX.edge + node.row * BOX.down];
    const boxes = nodes.map((node) => {
      const [x, y] = at(node);
      if (node.parent !== null) {
        const [from, above] = at(nodes[node.parent]), line = svg.appendChild(document.createElementNS(SVG, "path"));
        const start = from + BOX.wide, middle = (start + x) / 2, [top, end] = [above + BOX.high / 2, y + BOX.high / 2];
        line.setAttribute("d", `M${start} ${top}C${middle} ${top} ${middle} ${end} ${x} ${end}`);
      }
      const box = h("button.box", {
        type: "button", "aria-pressed": String(graph.chosen.includes(node.number)), "data-number": String(node.number),
        title: `${node.actor}\n${node.session || `${num(node.sessions)} sessions`}${node.how ? `\nby ${node.how}` : ""}\n${node.first} – ${node.last} UTC${node.unresolved ? `\n${node.unresolved}` : ""}`,
        onclick: () => ask("go", { node: node.number }),
      },
        h("b", {}, clipped(node.actor, 26)),
        h("span.quiet", {}, `${node.sessions > 1 ? `${num(node.sessions)} sessions, ` : ""}${num(node.events)} ${node.events === 1 ? "event" : "events"}`, node.denied ? h("em", {}, ` ${num(node.denied)}×`) : "", h("i", {}, node.unresolved ? "? " : "", node.how ? clipped(node.how, 16) : "")));
      box.style.left = `${x}px`;
      box.style.top = `${y}px`;
      return box;
    });
    const focus = stage.contains(document.activeElement) ? /** @type {any} */ (document.activeElement).dataset.number : undefined;
    const canvas = h("div.canvas", {}, svg, ...boxes);
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
    stage.replaceChildren(canvas);
    if (focus !== undefined) stage.querySelector(`[data-number="${Number(focus)}"]`)?.focus();
    const count = nodes.reduce((all, node) => all + node.sessions, 0);
    sum.textContent = `${graph.key !== null ? `key ${graph.key}` : graph.actor ?? "nobody"} · ${num(count)} sessions` + (graph.left_out ? ` · ${num(graph.left_out)} more are not drawn` : "");
    if (!model.get("selected").length) foot.textContent = "Choose a box to list its events.";
  }
  function cells([, time, kind, actor, action, outcome, target, origin, account]) {
    const cell = (name, ...content) => h(`span.${name}`, { role: "gridcell" }, ...content), mark = glyph(kind);
    mark.removeAttribute("aria-hidden");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", KINDS[kind]);
    const line = [cell("kind", mark), cell("time", time), cell("actor", actor), cell("action", action), cell(kind === 0 ? "outcome.refused" : "outcome", outcome), cell("target", target), cell("origin", origin), cell("account", account)];
    for (const one of line.slice(2)) one.title = one.textContent;
    return line;
  }
  function key(name) {
    if (name !== "Escape") return false;
    hide();
    return true;
  }
  function hide() {
    pane.hidden = true;
    split.classList.remove("open");
  }
  copied.addEventListener("click", async () => {
    await copy(record);
    copied.textContent = "copied";
    setTimeout(() => (copied.textContent = "copy"), 1200);
  });
  shut.addEventListener("click", hide);
  let later = 0, due = 0;
  text.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => ask("actors", { text: text.value }), 150);
  });
  stage.addEventListener("keydown", frame.guard((event) => {
    const boxes = [...stage.querySelectorAll(".box")], at = boxes.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step || !boxes.length) return;
    boxes[Math.max(0, Math.min(boxes.length - 1, at + step))].focus();
    event.preventDefault();
    event.stopPropagation();
  }));
  const moved = frame.guard(() => {
    clearTimeout(due);
    due = setTimeout(frame.guard(() => {
      ask("graph");
      hide();
      rows.clear();
      if (model.get("selected").length) ask("rows", { offset: 0, turn: ++turn });
      else split.hidden = true;
    }), 0);
  });
  for (const name of ["actor", "key", "selected"]) model.on(`change:${name}`, moved);
  frame.onlook(() => rows.paint());
  requestAnimationFrame(frame.guard(() => {
    frame.look();
    ask("graph");
    ask("actors");
    if (model.get("selected").length) ask("rows", { offset: 0, turn: ++turn });
  }));
  return () => {
    for (const name of ["actor", "key", "selected"]) model.off(`change:${name}`, moved);
    ask.close();
    frame.close();
  };
}

export default { render };
