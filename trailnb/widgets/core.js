// @ts-check
// What the explorers share: elements built from text only, questions to Python, the reader's theme.

const KINDS = ["denied or failed", "sign-in", "role assumed", "write", "read"];
const COLOURS = ["--refused", "--sign-in", "--assumed", "--write", "--read"];
const SHAPES = [
  "M2 3.6 3.6 2 6 4.4 8.4 2 10 3.6 7.6 6 10 8.4 8.4 10 6 7.6 3.6 10 2 8.4 4.4 6z",
  "M6 .5 11.5 6 6 11.5.5 6z",
  "M6 .8 11.5 10.8H.5z",
  "M1 1h10v10H1z",
  "M1 8h10v3H1z",
];
const SVG = "http://www.w3.org/2000/svg";

/** Make an element. Children that are text become text and never markup, so log values are safe. */
function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The small picture of a kind: its shape says again what its colour says. */
function glyph(kind) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("aria-hidden", "true");
  const path = svg.appendChild(document.createElementNS(SVG, "path"));
  path.setAttribute("d", SHAPES[kind]);
  path.style.fill = `var(${COLOURS[kind]})`;
  return svg;
}

/** Keep beginning and end: names of roles begin alike, their sessions end alike. */
const clipped = (text, most) => {
  const head = Math.floor(most * 0.4);
  return text.length <= most ? text : `${text.slice(0, head)}…${text.slice(head + 1 - most)}`;
};
const num = (count) => count.toLocaleString("en-US");
const utc = (seconds, digits = 19) => {
  const date = new Date(seconds * 1000);
  return Number.isNaN(+date) ? "?" : date.toISOString().slice(0, digits).replace("T", " ");
};

/** Spell out what is not seen and steers what is: control, bidirectional and invisible characters. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const seen = (text) =>
  text.replace(STEERING, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

/** Copy through the clipboard, or where a page may not, through a text area. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/**
 * Ask Python. One question of each sort is under way at a time, and only the newest that came
 * meanwhile follows: as live as the machine allows, never a flood.
 */
function asker(model, answered, failed) {
  const under = {};
  // Every view of a widget hears every answer: numbers that begin anywhere keep them apart.
  let seq = Math.floor(Math.random() * 1e9);
  const send = (ask, args) => {
    under[ask] = { seq: ++seq, next: null, since: performance.now() };
    model.send({ ask, args, seq });
  };
  const heard = (message, buffers) => {
    const one = under[message.ask];
    if (!one || message.seq !== one.seq) return;
    delete under[message.ask];
    try {
      if (message.error) failed(message.error, message.ask);
      else answered(message, buffers ?? [], performance.now() - one.since);
    } catch (error) {
      failed(String(error), message.ask);
    }
    if (one.next) send(message.ask, one.next);
  };
  model.on("msg:custom", heard);
  const ask = (what, args = {}) => {
    if (under[what]) under[what].next = args;
    else send(what, args);
  };
  ask.close = () => model.off("msg:custom", heard);
  return ask;
}

/** The frame of an explorer: theme, red strip for errors, keys kept from the notebook. */
function framed(el, ...parts) {
  const problem = h("div.problem", { role: "alert", hidden: true });
  const root = h("div.tnx", {}, ...parts, problem);
  el.append(root);
  const failed = (text) => {
    problem.textContent = seen(String(text)).slice(0, 2000);
    problem.hidden = false;
  };
  const guard = (act) => (...given) => {
    try {
      return act(...given);
    } catch (error) {
      failed(error);
    }
  };
  const changed = [];
  const theme = () => {
    // By what is really behind the text: right in JupyterLab, in exports and on a bare page.
    const [red, green, blue] = getComputedStyle(root).backgroundColor.match(/[\d.]+/g).map(Number);
    root.classList.toggle("dark", red * 0.3 + green * 0.59 + blue * 0.11 < 128);
    root.classList.toggle("narrow", root.clientWidth < 860);
    changed.forEach((act) => act());
  };
  const sizes = new ResizeObserver(guard(theme));
  sizes.observe(root);
  const themes = new MutationObserver(guard(theme));
  themes.observe(document.body, { attributes: true });
  root.addEventListener("keydown", (event) => {
    if (/INPUT|SELECT|TEXTAREA/.test(/** @type {any} */ (event.target).tagName)) event.stopPropagation();
  });
  return {
    root,
    failed,
    guard,
    fine: () => (problem.hidden = true),
    onlook: (act) => changed.push(guard(act)),
    look: theme,
    close: () => (sizes.disconnect(), themes.disconnect()),
  };
}

/** A select of labels; its first says that nothing is chosen. */
function select(name, first, labels, chosen) {
  const options = labels.map((label, place) => h("option", { value: String(place) }, label));
  const made = /** @type {HTMLSelectElement} */ (
    h("select", { "aria-label": name }, ...(first ? [h("option", { value: "" }, first)] : []), ...options)
  );
  made.addEventListener("change", () => chosen(made.value === "" ? null : Number(made.value)));
  return made;
}

const u32 = (view) => new Uint32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
