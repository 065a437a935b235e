// The timeline explorer: draws what Python counted, and never holds more than one view of it.

const MORE = 16;

function render({ model, el }) {
  let about = null, view = null, strip = null, order = 0, lanes = MORE, path = [], text = null, drag = null, chosen = {}, turn = 0, noting = false;
  const stats = { tables: 0, views: 0, records: 0, painted: 0, drawn: 0, shown: 0, moved: 0, total: -1 };

  const sum = h("span.quiet"), crumbs = h("nav.crumbs", { "aria-label": "Stretches of time" });
  const pickers = h("span.pickers"), chips = h("span.chips", { role: "toolbar", "aria-label": "Kinds of event" });
  const tags = h("span.tags", { "aria-label": "Chosen" }), notice = h("div.notice", { hidden: true });
  const overview = h("canvas"), main = h("canvas"), tip = h("div.tip", { hidden: true });
  const names = h("div.names", { role: "group", "aria-label": "Actors" });
  const stage = h("div.stage", { tabindex: "0", role: "img", "aria-label": "Lanes" }, main, tip);
  const more = h("button.more", { type: "button" }), foot = h("span", { role: "status" }), speed = h("span.quiet");
  const split = h("div.split");
  const pane = recordPane({
    star: (position) => ask("star", { position }),
    note: (record, said) => ask("note", { position: record.position, text: said }),
    only: (choice) => ask("choose", choice),
    close: () => select_(""),
  });
  const rows = table(
    "Events",
    [["kind", "kind"], ["time (UTC)", "time"], ["actor", "actor"], ["action", "action"], ["outcome", "outcome"],
      ["source IP", "origin"], ["region", "region"], ["account", "account"]],
    { page: (offset) => ask("rows", { span: span(), offset, turn }), cells, picked, key },
  );
  split.append(rows.box, pane.box);
  const zoom = h("button", { type: "button", title: "Zoom to the marked time (Enter)" }, "zoom");
  const whole = h("button", { type: "button", title: "Show the whole case (Home)" }, "whole case");
  const frame = framed(
    el,
    h("div.bar", {}, h("b", {}, "Timeline"), sum, h("span.room"), pickers, zoom, whole),
    h("div.bar", {}, chips, tags), notice,
    h("div.grid", {}, crumbs, h("div.strip", {}, overview), names, stage, more, h("span")),
    split, h("div.foot", {}, foot, h("span.room"), speed),
  );
  frame.root.__stats = stats;
  const guard = frame.guard;
  const ask = asker(model, guard(answered), (error, what) => {
    frame.failed(error);
    if (what === "choose") refresh();
  });

  const window_ = () => model.get("window"), brush = () => model.get("brush");
  const span = () => (brush().length ? brush() : window_());
  const bins = () => Math.max(60, Math.min(300, Math.floor(stage.clientWidth / 3.5) || 240));
  function refresh() {
    ask("overview", { bins: 240 });
    look();
  }
  function look() {
    ask("view", { window: window_(), bins: bins(), order: about.orders[order], lanes });
    list();
  }
  function list() {
    rows.clear();
    ask("rows", { span: span(), offset: 0, turn: ++turn });
  }
  function set(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function answered(told, buffers, took) {
    if (told.ask !== "choose") frame.fine();
    if (told.ask === "about") return begin(told);
    if (told.ask === "overview") {
      strip = u32(buffers[0]);
      return drawOverview();
    }
    if (told.ask === "view") {
      view = { ...told, places: u32(buffers[0]), counts: u32(buffers[1]) };
      chosen = told.chosen;
      labels();
      draw();
      stats.drawn = performance.now();
      stats.views++;
      speed.textContent = `${num(view.places.length)} marks · ${told.ms} ms`;
    }
    if (told.ask === "rows") {
      // The list was begun anew meanwhile: what is older shows only while its successor is under way.
      if (told.turn !== turn && told.offset) return;
      if (told.turn !== turn) rows.clear();
      stars(told);
      rows.fill(told.total, told.offset, told.rows);
      stats.painted = performance.now();
      stats.tables++;
      stats.total = told.total;
      foot.textContent = `${num(told.total)} events ${brush().length ? `marked, ${between(brush())}` : "in view"}` +
        (about.untimed ? ` · ${num(about.untimed)} without a time are not shown` : "");
    }
    if (told.ask === "record") {
      pane.show(told);
      split.classList.add("open");
      rows.paint();
      // An event without an id leaves nothing selected, and is shown all the same.
      noting = true;
      if (model.get("selected") !== told.event_id) set("selected", told.event_id);
      noting = false;
      stats.shown = performance.now();
      stats.records++;
    }
    if (told.ask === "star") {
      told.is_starred ? starred.add(told.position) : starred.delete(told.position);
      if (pane.record?.position === told.position) pane.star(told.is_starred);
      rows.paint();
    }
    if (told.ask === "note" && pane.record?.position === told.position) pane.notes(told.notes);
  }

  function begin(told) {
    about = told;
    const word = { service: "all services", account: "all accounts", region: "all regions", outcome: "all outcomes" };
    text = h("input", { placeholder: "text in any name…", "aria-label": "Text in actor, action, address or outcome", size: "16" });
    let later = 0;
    text.addEventListener("input", () => {
      clearTimeout(later);
      later = setTimeout(() => ask("choose", { text: text.value }), 150);
    });
    pickers.replaceChildren(
      text,
      ...Object.entries(word).filter(([name]) => told.choices[name].length > 1).map(([name, first]) => {
        const made = select(name, first, told.choices[name], (value) => ask("choose", { [name]: value }));
        made.dataset.name = name;
        return made;
      }),
      select("Order of lanes", "", told.orders, (value) => ((order = value), look())),
    );
    notice.textContent = told.notice;
    notice.hidden = !told.notice;
    went();
    refresh();
    if (model.get("selected")) ask("record", { event_id: model.get("selected") });
  }

  function labels() {
    const hidden = chosen.kind ? KINDS.filter((kind) => !chosen.kind.includes(kind)) : [];
    sum.textContent = `${num(view.events)} events · ${num(view.actors)} actors · ${between(window_())} UTC`;
    chips.replaceChildren(...KINDS.map((kind, place) =>
      h("button.chip", {
        type: "button", "aria-pressed": String(!hidden.includes(kind)), onclick: () => ask("choose", { kind }),
        title: hidden.includes(kind) ? "Show these" : "Hide these",
      }, glyph(place), kind, h("i", {}, num(view.kinds[kind])))));
    const many = Object.entries(chosen).filter(([name]) => name !== "kind");
    tags.replaceChildren(
      ...many.map(([name, values]) =>
        h("button.tag", { type: "button", title: `Take away this filter: ${name}`, onclick: () => ask("choose", { [name]: null }) },
          h("span.quiet", {}, name), " ", values.join(", "), " ×")),
      ...(Object.keys(chosen).length ? [h("button", { type: "button", onclick: () => ask("choose", { nothing: true }) }, "clear filters")] : []),
    );
    if (document.activeElement !== text) text.value = chosen.text?.[0] ?? "";
    for (const made of pickers.querySelectorAll("select[data-name]")) {
      const place = about.choices[made.dataset.name].indexOf(chosen[made.dataset.name]?.[0]);
      made.value = place < 0 ? "" : String(place);
    }
    const focus = names.contains(document.activeElement) ? /** @type {any} */ (document.activeElement).dataset.code : null;
    names.replaceChildren(...view.lanes.map((lane) =>
      h("button.name", {
        type: "button", "aria-pressed": String(!!chosen.actor?.includes(lane.actor)), "data-code": String(lane.code),
        title: `${lane.actor}: ${num(lane.events)} events, ${num(lane.refused)} denied or failed. Show only this actor`,
        onclick: () => ask("choose", { actor: lane.code }),
      }, h("span", {}, clipped(lane.actor, (frame.root.classList.contains("narrow") ? 20 : 30) - (lane.refused ? String(lane.refused).length + 3 : 0))), lane.refused ? h("em", {}, `${num(lane.refused)}×`) : "", h("i", {}, num(lane.events)))));
    if (focus !== null) names.querySelector(`[data-code="${Number(focus)}"]`)?.focus();
    more.hidden = view.actors <= lanes;
    more.textContent = `${num(view.lanes.length)} of ${num(view.actors)} actors: show more`;
    const counts = KINDS.map((kind) => `${num(view.kinds[kind])} ${kind}`).join(", ");
    stage.setAttribute("aria-label", `Lanes of ${view.lanes.length} of ${view.actors} actors, ${between(window_())} UTC: ${counts}. Arrows move, plus and minus zoom.`);
  }
  const between = ([from, to]) =>
    `${utc(from, 16)} – ${utc(from, 10) === utc(to, 10) ? utc(to, 16).slice(11) : utc(to, 16)}`;

  const starred = new Set();
  function stars(told) {
    for (const row of told.rows) told.starred.includes(row[0]) ? starred.add(row[0]) : starred.delete(row[0]);
  }
  function cells([position, time, kind, actor, action, outcome, origin, region, account]) {
    const cell = (name, ...content) => h(`span.${name}`, { role: "gridcell" }, ...content);
    const mark = glyph(kind);
    const line = [
      cell("kind", mark), cell("time", starred.has(position) ? h("b.starred", { title: "starred" }, "★") : "", utc(time)),
      cell("actor", actor), cell("action", action),
      cell(kind === 0 ? "outcome.refused" : "outcome", outcome), cell("origin", origin), cell("region", region), cell("account", account),
    ];
    mark.removeAttribute("aria-hidden");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", KINDS[kind]);
    for (const one of line.slice(2)) one.title = one.textContent;
    return line;
  }
  function picked(row) {
    ask("record", { position: row[0] });
  }
  function key(name, row) {
    if (name === "s") ask("star", { position: row[0] });
    else if (name === "Enter") ask("record", { position: row[0] });
    else if (name === "Escape") select_("");
    else return false;
    return true;
  }
  function select_(event_id) {
    if (model.get("selected") !== event_id) set("selected", event_id);
    if (!event_id) {
      pane.hide();
      split.classList.remove("open");
    }
  }

  function draw() {
    if (view) drawLanes(main, frame.root, view, brush());
  }
  function drawOverview() {
    if (strip) drawStrip(overview, frame.root, strip, about.extent, drag?.window ?? window_());
  }
  /** Remember how one came here: deeper inside is a step, what lies around it a step back. */
  function went() {
    const now = window_(), inside = ([a, b]) => a <= now[0] && now[1] <= b;
    const same = path.findIndex(([a, b]) => a === now[0] && b === now[1]);
    path = same >= 0 ? path.slice(0, same + 1) : [...path.filter(inside), now];
    const all = about.extent;
    if (path.length === 0 || path[0][0] > all[0] || path[0][1] < all[1]) path = [all, ...path];
    crumbs.replaceChildren(...path.slice(-4).map((one, place, shown) => {
      const name = one[0] <= all[0] && one[1] >= all[1] ? "whole case" : between(one).slice(5);
      return h("button.crumb", { type: "button", "aria-current": place === shown.length - 1 ? "true" : null, onclick: () => move(one) }, place ? "› " : "", name);
    }));
  }
  function move([from, to]) {
    const [first, last] = about.extent, wide = Math.max(1, Math.min(Math.round(to - from), last - first));
    const start = Math.max(first, Math.min(Math.round(from), last - wide));
    if (brush().length) model.set("brush", []);
    set("window", [start, start + wide]);
  }
  function enter() {
    if (brush().length) move(brush());
  }

  const time = (canvas, event, [from, to]) => {
    const box = canvas.getBoundingClientRect();
    return from + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * (to - from);
  };
  function drags(canvas, range, moved, done) {
    canvas.addEventListener("pointerdown", guard((event) => {
      if (!about) return;
      drag = { canvas, from: time(canvas, event, range()), x: event.clientX, is: false };
      canvas.setPointerCapture(event.pointerId);
    }));
    canvas.addEventListener("pointermove", guard((event) => {
      if (drag?.canvas !== canvas) return;
      if (!drag.is && Math.abs(event.clientX - drag.x) < 3) return;
      drag.is = true;
      const to = time(canvas, event, range());
      const both = [Math.floor(Math.min(drag.from, to)), Math.ceil(Math.max(drag.from, to))];
      stats.moved = performance.now();
      moved([both[0], Math.max(both[1], both[0] + 1)]);
    }));
    canvas.addEventListener("pointerup", guard(() => {
      const was = drag;
      drag = null;
      if (was?.canvas === canvas) done(was);
    }));
  }
  drags(main, window_, (marked) => set("brush", marked), (was) => was.is || (brush().length && set("brush", [])));
  drags(overview, () => about.extent, (shown) => {
    drag.window = shown;
    drawOverview();
  }, (was) => was.window && move(was.window));
  main.addEventListener("dblclick", guard(enter));
  main.addEventListener("pointerleave", () => (tip.hidden = true));
  main.addEventListener("pointermove", guard((event) => {
    if (!view || drag) return void (tip.hidden = true);
    const box = main.getBoundingClientRect(), lane = Math.floor((event.clientY - box.top) / LANE);
    const bin = Math.min(view.bins - 1, Math.floor(((event.clientX - box.left) / box.width) * view.bins));
    const found = [];
    view.places.forEach((place, i) => {
      if (Math.floor(place / KINDS.length) === lane * view.bins + bin) found.push([place % KINDS.length, view.counts[i]]);
    });
    tip.hidden = !found.length || !view.lanes[lane];
    if (tip.hidden) return;
    const [from, to] = view.window, said = found.sort().map(([kind, count]) => `${num(count)} ${KINDS[kind]}`);
    tip.textContent = `${view.lanes[lane].actor} · ${utc(from + (bin * (to - from)) / view.bins)} · ${said.join(", ")}`;
    tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${(lane + 1) * LANE + 2}px`;
  }));
  stage.addEventListener("keydown", guard((event) => {
    const [from, to] = window_(), wide = to - from;
    const moves = {
      ArrowLeft: [from - wide / 5, to - wide / 5], ArrowRight: [from + wide / 5, to + wide / 5],
      "+": [from + wide / 4, to - wide / 4], "=": [from + wide / 4, to - wide / 4], "-": [from - wide / 2, to + wide / 2],
      Home: about.extent,
    };
    if (event.key in moves) move(moves[event.key]);
    else if (event.key === "Enter") enter();
    else if (event.key === "Escape") brush().length && set("brush", []);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }));
  zoom.addEventListener("click", guard(enter));
  whole.addEventListener("click", guard(() => move(about.extent)));
  more.addEventListener("click", guard(() => ((lanes += MORE), look())));

  const on = (name, act) => {
    const safe = guard(() => about && act());
    model.on(`change:${name}`, safe);
    return () => model.off(`change:${name}`, safe);
  };
  const offs = [
    on("brush", () => (draw(), list())),
    on("window", () => (went(), drawOverview(), look())),
    on("filters", refresh),
    on("selected", () => {
      const id = model.get("selected");
      if (noting) return;
      if (!id) select_("");
      else if (pane.record?.event_id !== id) ask("record", { event_id: id });
    }),
  ];
  let width = 0;
  frame.onlook(() => {
    draw();
    drawOverview();
    rows.paint();
    if (about && width && Math.abs(width - stage.clientWidth) > 40) look();
    width = stage.clientWidth;
  });
  requestAnimationFrame(guard(() => {
    frame.look();
    ask("about");
  }));
  return () => {
    offs.forEach((off) => off());
    ask.close();
    frame.close();
  };
}

export default { render };
