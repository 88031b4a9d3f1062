// The trace, read from the page's JSON into arrays that can be searched by time.
const END = { done: 0, waited: 1, never: 2, failed: 3 };

function decodeThread(thread) {
  const packed = thread.spans;
  const count = packed.length / 5;
  const spans = {
    count, begin: new Float64Array(count), end: new Float64Array(count),
    label: new Uint32Array(count), site: new Uint32Array(count), calls: new Uint32Array(count),
  };
  let time = 0;
  for (let i = 0; i < count; ++i) {
    time += packed[5 * i];
    spans.begin[i] = time;
    spans.end[i] = time + packed[5 * i + 1];
    spans.label[i] = packed[5 * i + 2];
    spans.site[i] = packed[5 * i + 3];
    spans.calls[i] = packed[5 * i + 4];
  }
  const waits = new Map();
  // Stretches in which it ran: between its waits.
  const runs = { begin: [], end: [] };
  let resumed = thread.begin;
  const ran = (until) => { if (until > resumed) { runs.begin.push(resumed); runs.end.push(until); } };
  for (let i = 0; i < thread.waits.length; i += 6) {
    const [span, end, granted, core, other, by] = thread.waits.slice(i, i + 6);
    waits.set(span, { end, granted: granted < 0 ? null : spans.begin[span] + granted, by: { core, thread: other, span: by } });
    if (end === END.failed) continue;
    ran(spans.begin[span]);
    resumed = spans.end[span];
  }
  ran(thread.end);
  const doneAt = new Map();  // of a NoC call's span, the barrier's
  for (let i = 0; i < thread.flows.length; i += 2) doneAt.set(thread.flows[i], thread.flows[i + 1]);
  return { name: thread.name, kernel: thread.kernel, begin: thread.begin, end: thread.end, spans, waits, runs, doneAt };
}

function decodeCb(cb) {
  const count = cb.steps.length / 2;
  const steps = { count, time: new Float64Array(count), pages: new Uint32Array(count) };
  let time = 0;
  for (let i = 0; i < count; ++i) {
    time += cb.steps[2 * i];
    steps.time[i] = time;
    steps.pages[i] = cb.steps[2 * i + 1];
  }
  return { name: cb.name, pages: cb.pages, bytes: cb.bytes, steps };
}

function decode(data) {
  const cores = data.cores.map((core) => {
    const threads = core.threads.map(decodeThread);
    const cbs = core.cbs.map(decodeCb);
    // A core that the run ended before has no threads.
    const begin = threads.length ? Math.min(...threads.map((thread) => thread.begin)) : 0;
    return { name: core.name, threads, cbs, begin, end: Math.max(begin, ...threads.map((thread) => thread.end)) };
  });
  return { ...data, cores };
}

// The last place whose time is not after `time`; -1 before all.
function lastNotAfter(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1; else high = middle;
  }
  return low - 1;
}

function spanAt(spans, time, slack) {
  const at = lastNotAfter(spans.begin, time + slack);
  // Under a pixel wide, the nearest one counts.
  return at >= 0 && time <= spans.end[at] + slack ? at : -1;
}

function pagesAt(steps, time) {
  const at = lastNotAfter(steps.time, time);
  return at < 0 ? 0 : steps.pages[at];
}

function timeText(ns) {
  const size = Math.abs(ns);
  if (size < 1e3) return `${Math.round(ns)} ns`;
  const [unit, name] = size < 1e6 ? [1e3, 'µs'] : size < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
  const value = ns / unit;
  return `${value.toFixed(Math.abs(value) < 10 ? 3 : Math.abs(value) < 100 ? 2 : 1)} ${name}`;
}
