// The page: rows, the range of time in view, and what pointer and keys do to it.
const LABELS_WIDTH = 270;
const SHORTEST_NS = 20;
const byId = (id) => document.getElementById(id);
const model = decode(JSON.parse(byId('data').textContent));
const chart = byId('chart');
const scroll = byId('scroll');
const ruler = document.querySelector('#ruler canvas');
const tip = byId('tip');
const open = new Set(model.cores.length <= 4 ? model.cores.keys() : []);
let rows = [];
let view = { begin: 0, end: Math.max(model.end, SHORTEST_NS), width: 1 };
let pointer = null;  // in the chart, in its pixels
let picked = null;   // a stretch being drawn with shift: its two times
let painter;

function element(tag, text, parent, className = '') {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  parent.append(made);
  return made;
}

// --- Rows

function addRow(kind, what, name, detail, y) {
  const label = element('div', '', byId('rows'), `row ${kind}`);
  Object.assign(label.style, { top: `${y}px`, height: `${HEIGHT[kind]}px` });
  element('b', name, label);
  element('small', detail, label);
  label.title = `${name}: ${detail}`;
  rows.push({ kind, y, label, ...what });
  return label;
}

function layOut() {
  for (const row of rows) row.label.remove();
  rows = [];
  let y = 0;
  model.cores.forEach((core, number) => {
    const label = addRow('core', { core }, `core ${core.name}`, core.threads.length ? timeText(core.end - core.begin) : 'did not run', y);
    label.classList.toggle('open', open.has(number));
    label.onclick = () => toggle(number);
    y += HEIGHT.core;
    if (!open.has(number)) return;
    for (const thread of core.threads) {
      addRow('thread', { core, thread }, thread.name, thread.kernel, y);
      y += HEIGHT.thread;
    }
    for (const cb of core.cbs) {
      addRow('cb', { core, cb }, cb.name, countText(cb.pages), y);
      y += HEIGHT.cb;
    }
  });
  byId('rows').style.height = `${Math.max(y, scroll.clientHeight)}px`;
  byId('fold').textContent = open.size ? 'Close cores' : 'Open cores';
}

function toggle(number) {
  if (open.delete(number)) return changed(true);
  open.add(number);
  const core = model.cores[number];
  const margin = (core.end - core.begin) * 0.03;
  // Of many cores one is a sliver: show what was opened.
  if (core.end > core.begin && core.end - core.begin < (view.end - view.begin) * 0.3) look(core.begin - margin, core.end + margin);
  changed(true);
  scroll.scrollTop = rows.find((row) => row.core === core).y;
}

function rowAt(y) {
  const at = rows[lastNotAfter(rows.map((row) => row.y), y + scroll.scrollTop)];
  return at && y + scroll.scrollTop < at.y + HEIGHT[at.kind] ? at : undefined;
}

// --- The range in view

function look(begin, end) {
  const whole = Math.max(model.end, SHORTEST_NS);
  const length = Math.min(Math.max(end - begin, SHORTEST_NS), whole);
  const middle = (begin + end) / 2;
  view.begin = Math.min(Math.max(middle - length / 2, 0), whole - length);
  view.end = view.begin + length;
  changed();
}
function zoom(factor, x = view.width / 2) {
  const at = view.begin + (view.end - view.begin) * x / view.width;
  const length = Math.min(Math.max((view.end - view.begin) * factor, SHORTEST_NS), model.end);
  const begin = at - length * x / view.width;
  look(begin, begin + length);
}
function move(part) {
  const shift = (view.end - view.begin) * part;
  look(view.begin + shift, view.end + shift);
}
const timeAt = (x) => view.begin + (view.end - view.begin) * x / view.width;

// --- Drawing

let due = false;
function changed(rowsToo = false) {
  if (rowsToo) layOut();
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; draw(); });
}

function sized(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

function draw() {
  view.width = Math.max(scroll.clientWidth - LABELS_WIDTH, 50);
  const height = scroll.clientHeight;
  const pen = sized(chart, view.width, height);
  pen.clearRect(0, 0, view.width, height);
  painter.frame(pen, view);
  for (const row of rows) {
    const y = row.y - scroll.scrollTop;
    if (y > height || y + HEIGHT[row.kind] < 0) continue;
    if (row.kind === 'core') painter.coreRow(row.core, y);
    if (row.kind === 'thread') painter.threadRow(row.thread, y);
    if (row.kind === 'cb') {
      painter.cbRow(row.cb, y);
      row.label.lastChild.textContent = pointer ? pagesText(row.cb, timeAt(pointer.x)) : countText(row.cb.pages);
    }
    pen.fillStyle = painter.colours.line;
    pen.fillRect(0, y + HEIGHT[row.kind] - 1, view.width, 1);
  }
  drawPointer(pen, height);
  ruler.style.marginLeft = `${LABELS_WIDTH}px`;
  painter.ruler(sized(ruler, view.width, 25), 25);
  byId('range').value = `${timeText(view.begin)} to ${timeText(view.end)}, ${timeText(view.end - view.begin)} of ${timeText(model.end)}`;
  Object.assign(byId('range').dataset, { begin: view.begin, end: view.end });
}

function drawPointer(pen, height) {
  if (picked) {
    pen.fillStyle = painter.colours.runs;
    pen.globalAlpha = 0.2;
    pen.fillRect(painter.x(picked[0]), 0, painter.x(picked[1]) - painter.x(picked[0]), height);
    pen.globalAlpha = 1;
  }
  if (!pointer) return;
  pen.fillStyle = painter.colours.cross;
  pen.globalAlpha = 0.35;
  pen.fillRect(pointer.x, 0, 1, height);
  pen.globalAlpha = 1;
  const row = rowAt(pointer.y);
  if (!row?.thread) return;
  const span = spanUnder(row);
  const wait = row.thread.waits.get(span);
  if (wait?.granted != null) drawGrant(pen, row, wait);
}

// From the call that ended a wait to the thread that waited.
function drawGrant(pen, row, wait) {
  const by = model.cores[wait.by.core].threads[wait.by.thread];
  const from = rows.find((other) => other.thread === by);
  if (!from) return;
  const middle = (other) => other.y - scroll.scrollTop + BOX.top + BOX.height / 2;
  const down = middle(row) > middle(from) ? 1 : -1;
  const x = painter.x(wait.granted);
  const left = painter.x(by.spans.begin[wait.by.span]);
  pen.strokeStyle = pen.fillStyle = painter.colours.full;
  pen.lineWidth = 2;
  pen.strokeRect(left, middle(from) - BOX.height / 2, Math.max(painter.x(by.spans.end[wait.by.span]) - left, 2), BOX.height);
  pen.beginPath();
  pen.moveTo(x, middle(from) + down * BOX.height / 2);
  pen.lineTo(x, middle(row) - down * 5);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x - 4, middle(row) - down * 7);
  pen.lineTo(x, middle(row));
  pen.lineTo(x + 4, middle(row) - down * 7);
  pen.fill();
}

// --- What is under the pointer

function spanUnder(row) {
  return spanAt(row.thread.spans, timeAt(pointer.x), 2 * (view.end - view.begin) / view.width);
}

function describeThread(row) {
  const { thread, core } = row;
  const time = timeAt(pointer.x);
  const { spans } = thread;
  const where = `${thread.name} of core ${core.name}`;
  const i = spanUnder(row);
  if (i < 0) {
    const lives = time >= thread.begin && time <= thread.end;
    return [`${thread.name} ${lives ? 'runs, between calls' : time < thread.begin ? 'has not begun' : 'has ended'}`, `core ${core.name}, ${thread.kernel}`];
  }
  const lines = [painter.spanText(thread, i), `${where}, at ${model.sites[spans.site[i]]}`,
    `${timeText(spans.end[i] - spans.begin[i])}, from ${timeText(spans.begin[i])}`];
  const wait = thread.waits.get(i);
  if (wait?.granted != null) {
    const by = model.cores[wait.by.core].threads[wait.by.thread];
    const other = wait.by.core === model.cores.indexOf(core) ? by.name : `${by.name} of core ${model.cores[wait.by.core].name}`;
    lines.push(`granted after ${timeText(wait.granted - spans.begin[i])} by ${other}: ${painter.callText(by, wait.by.span)}, at ${model.sites[by.spans.site[wait.by.span]]}`);
    lines.push(`then ready for ${timeText(spans.end[i] - wait.granted)}, while the host ran others`);
  }
  const barrier = thread.doneAt.get(i);
  if (barrier !== undefined) lines.push(`done at ${model.labels[spans.label[barrier]][0]}, ${timeText(spans.end[barrier] - spans.end[i])} later`);
  return lines;
}

const countText = (number, what = 'page') => `${number} ${what}${number === 1 ? '' : 's'}`;
const pagesText = (cb, time) => `${pagesAt(cb.steps, time)} of ${countText(cb.pages)}`;

function describe(row) {
  if (row.kind === 'thread') return describeThread(row);
  const time = timeAt(pointer.x);
  if (row.kind === 'cb')
    return [`${row.cb.name}: ${pagesText(row.cb, time)}`, `of ${countText(row.cb.bytes, 'byte')}; core ${row.core.name}, at ${timeText(time)}`];
  const running = row.core.threads.filter((thread) => spanAt(thread.runs, time, 0) >= 0);
  return [`core ${row.core.name}`, running.length ? `${running[0].name} runs` : 'no thread runs here', 'click its name to open it'];
}

function showTip(event) {
  const row = pointer && rowAt(pointer.y);
  tip.hidden = !row;
  if (!row) return;
  tip.replaceChildren();
  describe(row).forEach((line, i) => element('p', line, tip, i === 0 ? '' : 'soft'));
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
}

// --- Pointer and keys

function listen() {
  let grip = null;
  chart.addEventListener('wheel', (event) => {
    event.preventDefault();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) move((event.deltaX || event.deltaY) / view.width);
    else zoom(Math.exp(event.deltaY * 0.0016), event.offsetX);
    showTip(event);
  }, { passive: false });
  chart.addEventListener('pointerdown', (event) => {
    chart.setPointerCapture(event.pointerId);
    if (event.shiftKey) picked = [timeAt(event.offsetX), timeAt(event.offsetX)];
    else grip = { x: event.offsetX, y: event.clientY, begin: view.begin, end: view.end, top: scroll.scrollTop };
  });
  chart.addEventListener('pointermove', (event) => {
    pointer = { x: event.offsetX, y: event.offsetY };
    if (picked) picked[1] = timeAt(event.offsetX);
    if (grip) {
      const shift = (grip.x - event.offsetX) * (grip.end - grip.begin) / view.width;
      look(grip.begin + shift, grip.end + shift);
      scroll.scrollTop = grip.top + grip.y - event.clientY;
    }
    showTip(event);
    changed();
  });
  chart.addEventListener('pointerup', () => {
    grip = null;
    const ends = picked?.sort((a, b) => a - b);
    picked = null;
    if (ends && ends[1] > ends[0]) look(...ends);
    changed();
  });
  chart.addEventListener('pointerleave', () => { pointer = null; tip.hidden = true; changed(); });
  chart.addEventListener('dblclick', () => {
    const row = pointer && rowAt(pointer.y);
    const i = row?.thread ? spanUnder(row) : -1;
    if (i < 0) return;
    const { begin, end } = row.thread.spans;
    const margin = Math.max(end[i] - begin[i], SHORTEST_NS);
    look(begin[i] - margin, end[i] + margin);
  });
  const keys = {
    w: () => zoom(0.7, pointer?.x), '+': () => zoom(0.7, pointer?.x), s: () => zoom(1 / 0.7, pointer?.x), '-': () => zoom(1 / 0.7, pointer?.x),
    a: () => move(-0.2), ArrowLeft: () => move(-0.2), d: () => move(0.2), ArrowRight: () => move(0.2),
    ArrowUp: () => { scroll.scrollTop -= 60; }, ArrowDown: () => { scroll.scrollTop += 60; },
    f: () => look(0, model.end), e: () => byId('fold').click(),
  };
  addEventListener('keydown', (event) => {
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  const buttons = {
    'zoom-in': () => zoom(0.5), 'zoom-out': () => zoom(2), left: () => move(-0.3), right: () => move(0.3), all: () => look(0, model.end),
    fold: () => { const all = [...model.cores.keys()]; const any = open.size; open.clear(); if (!any) all.forEach((n) => open.add(n)); changed(true); },
    theme: () => setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'),
  };
  for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener('click', act);
  scroll.addEventListener('scroll', () => changed());
  new ResizeObserver(() => changed(true)).observe(scroll);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  painter = new Painter(model);
  changed();
}

function addLegend() {
  const entries = [['runs', 'runs'], ['waits', 'waits'], ['ready', 'could go on, the host ran others'], ['cb', 'circular buffer'],
    ['noc_read', 'NoC read'], ['noc_write', 'NoC write'], ['semaphore', 'semaphore'], ['dst', 'DST'], ['unpack', 'unpack'],
    ['math', 'math'], ['pack', 'pack'], ['step', 'pages in a buffer'], ['full', 'as many as it has']];
  for (const [name, words] of entries) {
    const entry = element('span', '', byId('legend'));
    element('i', '', entry).style.background = name === 'waits'
      ? 'repeating-linear-gradient(135deg, var(--waits) 0 1.5px, var(--wait-paper) 1.5px 5px)' : `var(--${name})`;
    entry.append(words);
  }
}

document.title = byId('title').textContent = model.title || 'Loom trace';
byId('note').hidden = !model.note;
byId('note').textContent = model.note;
byId('fault').hidden = !model.fault;
byId('fault').querySelector('pre').textContent = model.fault;
document.documentElement.style.setProperty('--labels', `${LABELS_WIDTH}px`);
addLegend();
listen();
setTheme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
changed(true);
