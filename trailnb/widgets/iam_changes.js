// The explorer of permission changes: a list with marks, and the chosen change before beside after.

function render({ model, el }) {
  let about = null, chosen = {}, turn = 0, step = 0;
  const chips = h("span.chips", { role: "toolbar", "aria-label": "Kinds of change" }), pickers = h("span.pickers");
  const text = /** @type {HTMLInputElement} */ (h("input", { placeholder: "text…", "aria-label": "Text in a change", size: "14" }));
  const foot = h("span", { role: "status" }), speed = h("span.quiet");
  const card = h("div.diff", { tabindex: "0", role: "region", "aria-label": "The change" }), known = h("div.known");
  const rows = table(
    "Permission changes",
    [["time (UTC)", "time"], ["actor", "actor"], ["action", "action"], ["on", "entity"], ["aspect", "aspect"], ["change", "change"], ["marks", "marks"]],
    { page: (offset) => ask("rows", { offset, turn }), cells, picked: (row) => choose(row[0]), key },
  );
  const shown = h("div.shown", { hidden: true }, card, known);
  const frame = framed(
    el,
    h("div.bar", {}, h("b", {}, "Permission changes"), h("span.room"), text, pickers), h("div.bar", {}, chips),
    rows.box, shown, h("div.foot", {}, foot, h("span.room"), speed),
  );
  const ask = asker(model, frame.guard(answered), frame.failed);
  const list = () => {
    rows.clear();
    ask("rows", { offset: 0, turn: ++turn });
  };
  const narrow = (choice) => ask("choose", choice);

  function answered(told) {
    frame.fine();
    if (told.ask === "about") {
      about = told;
      const first = { principal: "all principals", mark: "all marks", actor: "all actors" };
      pickers.replaceChildren(...Object.keys(first).map((name) => {
        const made = select(name, first[name], told.choices[name].map((one) => clipped(one, 44)), (value) => narrow({ [name]: value }));
        made.dataset.name = name;
        return made;
      }));
      list();
      if (model.get("selected")) ask("card", { step: model.get("selected") });
    }
    if (told.ask === "rows") {
      if (told.turn !== turn) {
        if (told.offset) return;
        rows.clear();
      }
      chosen = told.chosen;
      rows.fill(told.total, told.offset, told.rows);
      labels(told);
      speed.textContent = `${told.ms} ms`;
    }
    if (told.ask === "card") {
      step = told.step;
      // The only markup that is taken as such: made by trailnb.iam.view_html, which escapes every value.
      card.innerHTML = told.html;
      state(told.state);
      shown.hidden = false;
      rows.paint();
    }
  }
  function labels(told) {
    const hidden = chosen.change ? about.changes.filter((one) => !chosen.change.includes(one)) : [];
    chips.replaceChildren(...about.changes.map((name) =>
      h("button.chip", { type: "button", "aria-pressed": String(!hidden.includes(name)), onclick: () => narrow({ change: name }) }, name, h("i", {}, num(told.kinds[name])))));
    for (const made of pickers.querySelectorAll("select")) {
      const place = about.choices[made.dataset.name].indexOf(chosen[made.dataset.name]?.[0]);
      made.value = place < 0 ? "" : String(place);
    }
    foot.textContent = `${num(told.total)} changes` + (hidden.length ? `, ${hidden.join(" and ")} ones hidden` : "");
  }
  function state(all) {
    const same = (row) => row[1] === row[2];
    known.replaceChildren(
      h("details", {}, h("summary", {}, `All that is known of this principal: ${num(all.length)} things, ${num(all.filter((row) => !same(row)).length)} of them changed here`),
        h("table", {}, h("thead", {}, h("tr", {}, ...["what", "before", "after"].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, ...all.map((row) => h(same(row) ? "tr" : "tr.now", {},
            h("td", {}, row[0]), h("td", {}, pretty(row[1])), h("td", {}, same(row) ? "the same" : pretty(row[2]))))))),
    );
  }
  function pretty(value) {
    return h("pre", { tabindex: "0" }, seen(/^[[{]/.test(value) ? [...tokens(value)].map(([token]) => token).join("") : value));
  }
  function cells([, time, actor, action, entity, aspect, change, marks]) {
    const cell = (name, ...content) => h(`span.${name}`, { role: "gridcell", title: name === "time" ? null : content.join("") }, ...content);
    return [
      cell("time", time), cell("actor", actor), cell("action", action), cell("entity", entity), cell("aspect", aspect),
      cell(change === "attempted" ? "change.refused" : "change", change),
      h("span.marks", { role: "gridcell", title: marks.join(", ") }, ...marks.slice(0, 2).map((mark) => h("b.mark", {}, mark)), marks.length > 2 ? `+${marks.length - 2}` : ""),
    ];
  }
  function key(name) {
    if (name !== "Escape") return false;
    choose(0);
    return true;
  }
  function choose(next) {
    if (model.get("selected") !== next) {
      model.set("selected", next);
      model.save_changes();
    }
  }
  let later = 0;
  text.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => narrow({ text: text.value }), 150);
  });
  const filtered = frame.guard(() => about && list());
  const selected = frame.guard(() => {
    const next = model.get("selected");
    if (next && next !== step) ask("card", { step: next });
    if (!next) (step = 0), (shown.hidden = true);
  });
  model.on("change:filters", filtered);
  model.on("change:selected", selected);
  frame.onlook(() => rows.paint());
  requestAnimationFrame(frame.guard(() => {
    frame.look();
    ask("about");
  }));
  return () => {
    model.off("change:filters", filtered);
    model.off("change:selected", selected);
    ask.close();
    frame.close();
  };
}

export default { render };
