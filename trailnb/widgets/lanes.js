// Lanes and overview, drawn on canvases from counts; what is rare stands above what is bulk.

const LANE = 30;
const STRIP = 40;
const STEPS = [1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 86400, 172800, 604800, 2419200];
// More marks of a sort than this in one lane are drawn as bars, fewer as their shapes.
const FEW = 24;

function canvasOf(canvas, high) {
  const dots = window.devicePixelRatio || 1, wide = canvas.clientWidth;
  if (canvas.width !== Math.round(wide * dots) || canvas.height !== Math.round(high * dots)) {
    canvas.width = Math.round(wide * dots);
    canvas.height = Math.round(high * dots);
    canvas.style.height = `${high}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, wide, high);
  return { pen, wide };
}

const colours = (root) => {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(name).trim();
  return { kinds: COLOURS.map(of), line: of("--line"), text: of("--text2"), mark: of("--mark") };
};

/** The whole case in one strip: counts on a log scale, shares of kinds, and where the window is. */
function drawStrip(canvas, root, counts, extent, window_) {
  const { pen, wide } = canvasOf(canvas, STRIP), look = colours(root), kinds = KINDS.length;
  const bins = counts.length / kinds, [start, end] = extent, width = wide / bins;
  const totals = Array.from({ length: bins }, (_, bin) => {
    let sum = 0;
    for (let kind = 0; kind < kinds; kind++) sum += counts[bin * kinds + kind];
    return sum;
  });
  const most = Math.log2(1 + Math.max(1, ...totals));
  const at = (seconds) => ((seconds - start) / Math.max(1, end - start)) * wide;
  totals.forEach((total, bin) => {
    if (!total) return;
    const high = Math.max(3, (Math.log2(1 + total) / most) * (STRIP - 6));
    let y = STRIP;
    for (let kind = kinds - 1; kind >= 0; kind--) {
      const count = counts[bin * kinds + kind];
      if (!count) continue;
      // A refusal among thousands of reads keeps a visible sliver.
      const part = Math.max(kind < 3 ? 1.5 : 0.5, (count / total) * high);
      pen.fillStyle = look.kinds[kind];
      pen.fillRect(bin * width, y - part, Math.max(1, width - 0.4), part);
      y -= part;
    }
  });
  const [from, to] = [at(window_[0]), at(window_[1])];
  pen.globalAlpha = 0.6;
  pen.fillStyle = getComputedStyle(root).backgroundColor;
  pen.fillRect(0, 0, from, STRIP);
  pen.fillRect(to, 0, wide - to, STRIP);
  pen.globalAlpha = 1;
  pen.strokeStyle = look.mark;
  pen.lineWidth = 2;
  pen.strokeRect(Math.max(1, from), 1, Math.max(3, Math.min(wide - 1, to) - Math.max(1, from)), STRIP - 2);
}

/** The lanes: reads hang below the middle, writes stand on it, roles in the middle, the rest on top. */
function drawLanes(canvas, root, view, brush) {
  const count = Math.max(1, view.lanes.length), { pen, wide } = canvasOf(canvas, count * LANE + 22);
  const look = colours(root), [start, end] = view.window, width = wide / view.bins, foot = count * LANE;
  const at = (seconds) => ((seconds - start) / Math.max(1, end - start)) * wide;
  pen.font = "11px " + getComputedStyle(root).fontFamily;
  const step = STEPS.find((one) => (end - start) / one <= wide / 96) ?? STEPS.at(-1);
  for (let time = Math.ceil(start / step) * step; time < end; time += step) {
    const x = Math.round(at(time)) + 0.5, text = step >= 86400 ? utc(time, 10) : utc(time, step < 60 ? 19 : 16).slice(step < 86400 && end - start < 172800 ? 11 : 5);
    pen.fillStyle = look.line;
    pen.fillRect(x, 0, 1, foot);
    pen.fillStyle = look.text;
    if (x + pen.measureText(text).width + 4 < wide) pen.fillText(text, x + 3, foot + 15);
  }
  pen.fillStyle = look.line;
  for (let lane = 1; lane <= count; lane++) pen.fillRect(0, lane * LANE - 1, wide, 1);

  const often = new Uint32Array(count * KINDS.length);
  let most = 1;
  view.places.forEach((place, i) => {
    often[Math.floor(place / KINDS.length / view.bins) * KINDS.length + (place % KINDS.length)]++;
    most = Math.max(most, view.counts[i]);
  });
  const scale = Math.log2(1 + most);
  for (let kind = KINDS.length - 1; kind >= 0; kind--) {
    pen.fillStyle = look.kinds[kind];
    view.places.forEach((place, i) => {
      if (place % KINDS.length !== kind) return;
      const cell = Math.floor(place / KINDS.length), lane = Math.floor(cell / view.bins);
      const x = (cell % view.bins) * width, top = lane * LANE, share = Math.log2(1 + view.counts[i]) / scale;
      const few = often[lane * KINDS.length + kind] <= FEW, middle = x + width / 2;
      if (kind === 4) pen.fillRect(x, top + 21, Math.max(1, width), Math.max(1.5, share * 6));
      else if (kind === 3) pen.fillRect(x, top + 20 - Math.max(2, share * 8), Math.max(1, width), Math.max(2, share * 8));
      else if (few) shape(pen, kind, middle, top + (kind === 2 ? 11 : 6));
      else if (kind === 2) pen.fillRect(x, top + 10.5, Math.max(1, width), 1.5);
      else pen.fillRect(x, top + 9 - Math.max(2, share * 7), Math.max(1.5, width), Math.max(2, share * 7));
    });
  }
  if (brush.length) {
    const [from, to] = brush.map(at);
    pen.fillStyle = look.mark;
    pen.globalAlpha = 0.16;
    pen.fillRect(from, 0, to - from, foot);
    pen.globalAlpha = 1;
    pen.fillRect(from - 1, 0, 2, foot);
    pen.fillRect(to - 1, 0, 2, foot);
  }
}

const PATHS = SHAPES.map((path) => new Path2D(path));
function shape(pen, kind, x, y) {
  pen.save();
  pen.translate(x - 5, y - 5);
  pen.scale(10 / 12, 10 / 12);
  pen.fill(PATHS[kind]);
  pen.restore();
}
