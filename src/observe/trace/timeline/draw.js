// What stands in the canvas: rows of threads and circular buffers over time. Only what is in view is drawn.
const HEIGHT = { core: 26, thread: 40, cb: 34 };
const BOX = { top: 9, height: 18 };
const FONT = '11px system-ui, "Segoe UI", "Liberation Sans", sans-serif';

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colours = {};
  for (const name of ['paper', 'band', 'line', 'ink', 'soft', 'runs', 'waits', 'wait-paper', 'ready', 'fault', 'fault-paper',
    'cb', 'noc_read', 'noc_write', 'semaphore', 'dst', 'unpack', 'math', 'pack', 'step', 'step-paper', 'full',
    'arc', 'cross']) colours[name] = style.getPropertyValue(`--${name}`).trim();
  const hatch = (paper, ink) => {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    pen.fillStyle = paper;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = ink;
    pen.lineWidth = 1.2;
    for (const shift of [-8, 0, 8]) {
      pen.beginPath();
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
      pen.stroke();
    }
    return pen.createPattern(tile, 'repeat');
  };
  colours.waiting = hatch(colours['wait-paper'], colours.waits);
  colours.stuck = hatch(colours['fault-paper'], colours.fault);
  return colours;
}

class Painter {
  constructor(model) {
    this.model = model;
    this.widths = new Map();
    this.colours = readColours();
  }

  // view: { begin, end, width }
  frame(pen, view) {
    this.pen = pen;
    this.view = view;
    this.scale = view.width / (view.end - view.begin);
    pen.font = FONT;
    pen.textBaseline = 'middle';
  }

  x(time) { return (time - this.view.begin) * this.scale; }

  // Spans or stretches in view, as indices; those within one pixel of the last drawn of the same kind are left out.
  inView(begin, end, kindOf, draw) {
    const { view } = this;
    let column = -1;
    let kind;
    for (let i = Math.max(0, lastNotAfter(begin, view.begin)); i < begin.length && begin[i] <= view.end; ++i) {
      if (end[i] < view.begin) continue;
      const left = this.x(begin[i]);
      const right = this.x(end[i]);
      const now = kindOf(i);
      if (right - left < 1) {
        if (Math.floor(left) === column && now === kind) continue;
        column = Math.floor(left);
        kind = now;
      }
      draw(i, Math.max(left, -2), Math.max(Math.min(right, view.width + 2), left + 1));
    }
  }

  coreRow(core, y) {
    core.threads.forEach((thread, lane) => this.lane(thread, y + 3 + lane * 4, 3));
  }

  lane(thread, y, height) {
    this.pen.fillStyle = this.colours.runs;
    this.inView(thread.runs.begin, thread.runs.end, () => 0,
      (i, left, right) => this.pen.fillRect(left, y, right - left, height));
  }

  threadRow(thread, y) {
    const { pen, colours } = this;
    const top = y + BOX.top;
    pen.fillStyle = colours.line;
    const lived = [this.x(thread.begin), this.x(thread.end)];
    pen.fillRect(lived[0], top + BOX.height / 2, lived[1] - lived[0], 1);
    this.lane(thread, y + 3, 3);
    const { spans, waits } = thread;
    const kindOf = (i) => (waits.has(i) ? 'waits' : this.model.labels[spans.label[i]][1]);
    this.inView(spans.begin, spans.end, kindOf, (i, left, right) => {
      const wait = waits.get(i);
      if (wait !== undefined) this.wait(wait, left, right, top);
      else {
        pen.fillStyle = colours[kindOf(i)];
        pen.fillRect(left, top, right - left, BOX.height);
        if (right - left > 3) this.edge(left, right, top);
      }
      if (right - left > 24) this.boxText(this.spanText(thread, i), left, right, top, wait !== undefined);
    });
    this.arcs(thread, y);
  }

  wait(wait, left, right, top) {
    const { pen, colours } = this;
    pen.fillStyle = wait.end === END.waited ? colours.waiting : colours.stuck;
    pen.fillRect(left, top, right - left, BOX.height);
    if (wait.granted === null) return;
    const granted = Math.max(left, this.x(wait.granted));
    if (granted >= right) return;
    pen.fillStyle = colours.ready;
    pen.fillRect(granted, top, right - granted, BOX.height);
  }

  edge(left, right, top) {
    this.pen.fillStyle = this.colours.paper;
    this.pen.globalAlpha = 0.8;
    this.pen.fillRect(right - 0.75, top, 0.75, BOX.height);
    this.pen.globalAlpha = 1;
  }

  callText(thread, i) {
    const { spans } = thread;
    const label = this.model.labels[spans.label[i]][0];
    return spans.calls[i] > 1 ? `${label} ×${spans.calls[i]}` : label;
  }

  spanText(thread, i) {
    const wait = thread.waits.get(i);
    const text = this.callText(thread, i);
    return wait === undefined ? text : `${['', 'waits', 'never granted', 'fails'][wait.end]}: ${text}`;
  }

  boxText(text, left, right, top, onHatch) {
    const { pen, colours } = this;
    const from = Math.max(left, 0) + 4;
    const room = Math.min(right, this.view.width) - from - 3;
    if (room < 18) return;
    let width = this.widths.get(text);
    if (width === undefined) this.widths.set(text, width = pen.measureText(text).width);
    let shown = text;
    if (width > room) {
      const fits = Math.floor(text.length * room / width) - 1;
      if (fits < 3) return;
      shown = `${text.slice(0, fits)}…`;
      width = room;
    }
    if (onHatch) {  // hatching runs through letters
      pen.fillStyle = colours['wait-paper'];
      pen.fillRect(from - 3, top + 2, Math.min(width + 6, room + 4), BOX.height - 4);
    }
    pen.fillStyle = onHatch ? colours.soft : colours.ink;
    pen.fillText(shown, from, top + BOX.height / 2 + 0.5);
  }

  // NoC transfers, from the call to the barrier, below the boxes.
  arcs(thread, y) {
    const { pen, spans = thread.spans } = this;
    const bottom = y + BOX.top + BOX.height;
    pen.strokeStyle = pen.fillStyle = this.colours.arc;
    pen.lineWidth = 1;
    for (const [issue, barrier] of thread.doneAt) {
      const from = this.x((spans.begin[issue] + spans.end[issue]) / 2);
      const to = this.x((spans.begin[barrier] + spans.end[barrier]) / 2);
      if (to < 0 || from > this.view.width || to - from < 5) continue;
      pen.beginPath();
      pen.moveTo(from, bottom);
      pen.bezierCurveTo(from, bottom + 12, to, bottom + 12, to, bottom + 2);
      pen.stroke();
      pen.beginPath();
      pen.moveTo(to - 3, bottom + 4);
      pen.lineTo(to, bottom);
      pen.lineTo(to + 3, bottom + 4);
      pen.fill();
    }
  }

  cbRow(cb, y) {
    const { pen, colours, view } = this;
    const base = y + HEIGHT.cb - 1;  // the line below the row
    const high = HEIGHT.cb - 8;
    const level = (pages) => base - high * pages / cb.pages;
    pen.fillStyle = colours.line;
    pen.globalAlpha = 0.6;
    for (let x = 0; x < view.width; x += 6) pen.fillRect(x, level(cb.pages), 2, 1);
    pen.globalAlpha = 1;
    const { steps } = cb;
    const bar = (left, right, pages) => {
      if (pages === 0) return;
      const full = pages >= cb.pages;
      pen.fillStyle = colours['step-paper'];
      pen.fillRect(left, level(pages), right - left, base - level(pages));
      pen.fillStyle = full ? colours.full : colours.step;
      pen.fillRect(left, level(pages) - 0.5, right - left, 1.5);
    };
    // Steps within one pixel: the highest of them.
    let column = -1;
    let highest = 0;
    for (let i = Math.max(0, lastNotAfter(steps.time, view.begin)); i < steps.count && steps.time[i] <= view.end; ++i) {
      const left = Math.max(this.x(steps.time[i]), 0);
      const right = i + 1 < steps.count ? Math.min(this.x(steps.time[i + 1]), view.width) : this.x(this.model.end);
      if (right - left < 1) {
        if (Math.floor(left) === column && steps.pages[i] <= highest) continue;
        column = Math.floor(left);
        highest = steps.pages[i];
        bar(column, column + 1, highest);
      } else bar(left, right, steps.pages[i]);
    }
  }

  ruler(pen, height) {
    const { view, colours } = this;
    pen.clearRect(0, 0, view.width, height);
    pen.font = FONT;
    pen.textBaseline = 'middle';
    const wanted = (view.end - view.begin) / Math.max(2, view.width / 110);
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= wanted);
    for (let tick = Math.ceil(view.begin / step) * step; tick <= view.end; tick += step) {
      const x = this.x(tick);
      pen.fillStyle = colours.line;
      pen.fillRect(x, height - 7, 1, 7);
      pen.fillStyle = colours.soft;
      pen.fillText(this.tickText(tick, step), x + 4, height / 2);
    }
  }

  tickText(tick, step) {
    const [unit, name] = this.view.end < 1e3 ? [1, 'ns'] : this.view.end < 1e6 ? [1e3, 'µs'] : [1e6, 'ms'];
    const digits = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
    return `${(tick / unit).toFixed(digits)} ${name}`;
  }
}
