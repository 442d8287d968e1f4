// Text of a server is never parsed as HTML: it is only assigned to textContent and title.
const KINDS = {
  STOPPED: 'stopped', ALREADY_STOPPED: 'already stopped', ACCEPTED: 'accepted', DRY_RUN_PASSED: 'dry run passed',
  FAILED: 'failed', UNCONFIRMED: 'unconfirmed', SKIPPED: 'skipped', OPEN: 'in progress', WAITING: 'waiting',
};
const GOOD = ['STOPPED', 'ALREADY_STOPPED', 'ACCEPTED', 'DRY_RUN_PASSED'];
const MAX_SQUARES = 20000;
const NDJSON = {accept: 'application/x-ndjson'};
const CHANGE = {'content-type': 'application/json', 'x-requested-by': 'page'};

const at = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString('en');
const instances = (count) => `${number(count)} ${count === 1 ? 'instance' : 'instances'}`;

let run = null;

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.dataset.kind = kind;
  return made;
}

/** A code that may wrap after each dot. */
function wrappable(name, code) {
  const made = element(name, '');
  made.append(...code.split(/(?<=\.)/).flatMap((part) => [part, document.createElement('wbr')]));
  return made;
}

function showProblem(text) {
  at('problem').textContent = text;
  at('problem').hidden = !text;
}

/** Fetches; a failure has the server's detail as its message. */
async function request(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail || `The server replied with status ${response.status}`);
}

/** Yields each object of a response as soon as its line has arrived. */
async function* objects(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let partial = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const lines = (partial + value).split('\n');
    partial = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}

const entered = () => [...new Set(at('ids').value.split(/[\s,]+/).filter(Boolean))];

function count() {
  const ids = entered().length;
  at('stop').disabled = ids === 0 || run !== null;
  at('stop').textContent = ids === 0 ? 'Stop instances' : `Stop ${instances(ids)}`;
}

async function load() {
  showProblem('');
  try {
    const ids = [];
    for await (const instance of objects(await request('instances', {headers: NDJSON}))) ids.push(instance.instanceId);
    at('ids').value = ids.join('\n');
    count();
  } catch (error) {
    showProblem(`Listing the instances failed. ${error.message}`);
  }
}

function start(ids) {
  const squares = ids.slice(0, MAX_SQUARES).map((id) => {
    const square = element('i', '', 'WAITING');
    square.title = `${id}: ${KINDS.WAITING}`;
    return square;
  });
  at('grid').replaceChildren(...squares);
  at('beyond').textContent = `Showing the first ${number(MAX_SQUARES)} of ${number(ids.length)}.`;
  at('beyond').hidden = ids.length <= MAX_SQUARES;
  run = {
    name: crypto.getRandomValues(new Uint32Array(2)).join('-'),
    ids,
    squares,
    indexes: new Map(ids.map((id, index) => [id, index])),
    started: 0,
    outcomes: {},
    errors: new Map(),
    paused: false,
    drawn: true,
  };
  at('errors').hidden = true;
  at('rows').replaceChildren();
  at('run').hidden = false;
  for (const id of ['pause', 'drain']) at(id).disabled = false;
  at('leaving').hidden = false;
  at('pause').textContent = 'Pause';
  showState(`Stopping ${instances(ids.length)}.`);
  count();
  draw();
}

const showState = (text) => { at('state').textContent = text; };

function mark(index, kind) {
  const square = run.squares[index];
  if (!square) return;
  square.dataset.kind = kind;
  square.title = `${run.ids[index]}: ${KINDS[kind] ?? kind}`;
}

/** Ids are started in order, so their number identifies them. */
function markStarted(started) {
  for (let index = run.started; index < started; index++) {
    if (run.squares[index]?.dataset.kind === 'WAITING') mark(index, 'OPEN');
  }
  run.started = Math.max(run.started, started);
}

function countError(code, message) {
  const error = run.errors.get(code) ?? {count: 0};
  run.errors.set(code, {count: error.count + 1, message});
}

function record(outcome) {
  run.outcomes[outcome.outcome] = (run.outcomes[outcome.outcome] ?? 0) + 1;
  mark(run.indexes.get(outcome.instanceId), outcome.outcome);
  if (!GOOD.includes(outcome.outcome) && outcome.outcome !== 'SKIPPED') countError(outcome.errorCode ?? 'no code', outcome.message);
}

/** Draws once per animation frame. */
function scheduleDraw() {
  if (!run.drawn) return;
  run.drawn = false;
  requestAnimationFrame(() => run && draw());
}

function draw() {
  run.drawn = true;
  const known = Object.values(run.outcomes).reduce((sum, some) => sum + some, 0);
  const done = GOOD.reduce((sum, kind) => sum + (run.outcomes[kind] ?? 0), 0);
  const open = Math.max(0, run.started - known);
  const all = {...run.outcomes, OPEN: open, WAITING: run.ids.length - known - open};
  const kinds = Object.keys(KINDS).concat(Object.keys(all).filter((kind) => !(kind in KINDS)));
  const shown = kinds.filter((kind) => all[kind] > 0);
  at('headline').textContent = `${number(done)} of ${instances(run.ids.length)} stopped`;
  document.title = at('headline').textContent;
  at('shares').replaceChildren(...shown.map((kind) => {
    const share = element('span', '', kind);
    share.style.flexGrow = all[kind];
    return share;
  }));
  at('counts').replaceChildren(...shown.map((kind) => {
    const pair = element('div', '', kind);
    pair.append(element('dt', KINDS[kind] ?? kind), element('dd', number(all[kind])));
    return pair;
  }));
  at('grid').setAttribute('aria-label', `One square per instance: ${shown.map((kind) => `${number(all[kind])} ${KINDS[kind] ?? kind}`).join(', ')}`);
  at('errors').hidden = run.errors.size === 0;
  at('rows').replaceChildren(...[...run.errors].map(([code, error]) => {
    const row = element('tr', '');
    row.append(wrappable('td', code), element('td', number(error.count)), element('td', error.message ?? ''));
    row.children[1].className = 'number';
    return row;
  }));
  return {done, known};
}

/** Follows the run's progress until it ends; repeats until the server knows the run. */
async function observe() {
  const observed = run;
  while (run === observed) {
    try {
      for await (const progress of objects(await request(`shutdowns/${observed.name}/progress`, {headers: NDJSON}))) {
        if (run !== observed) return;
        markStarted(progress.started);
        scheduleDraw();
      }
    } catch {
      // The stream of outcomes reports a failure.
    }
    await new Promise((passed) => setTimeout(passed, 100));
  }
}

async function stop(ids) {
  showProblem('');
  start(ids);
  at('fleet').focus();
  observe();
  try {
    const options = {method: 'POST', headers: {...NDJSON, ...CHANGE}, body: JSON.stringify(ids)};
    for await (const line of objects(await request(`shutdowns/${run.name}`, options))) {
      if ('instanceId' in line) record(line);
      else showProblem(`The run ended early. ${line.errorCode}: ${line.message}`);
      scheduleDraw();
    }
    finish();
  } catch (error) {
    showProblem(`The connection to the run was lost; instances without an outcome are unknown here. ${error.message}`);
    finish();
  }
}

function finish() {
  const {done, known} = draw();
  const rest = run.ids.length - known;
  showState(`Run ended: ${number(done)} of ${instances(run.ids.length)} stopped`
    + `${known - done > 0 ? `, ${number(known - done)} not stopped` : ''}${rest > 0 ? `, ${number(rest)} not called` : ''}.`);
  for (const id of ['pause', 'drain']) at(id).disabled = true;
  at('leaving').hidden = true;
  run = null;
  count();
}

/** Sends a command; a reply that arrives after the run's end changes nothing. */
async function command(options, path, onDone) {
  const target = run;
  try {
    await request(`shutdowns/${target.name}${path}`, options);
    if (run === target) onDone();
  } catch (error) {
    if (run === target) showProblem(error.message);
  }
}

at('ids').addEventListener('input', count);
at('load').addEventListener('click', load);
at('stop').addEventListener('click', () => {
  at('asked').textContent = `Stop ${instances(entered().length)}?`;
  at('question').showModal();
  at('no').focus();
});
at('no').addEventListener('click', () => at('question').close());
at('yes').addEventListener('click', () => {
  at('question').close();
  stop(entered());
});
at('pause').addEventListener('click', () => {
  const paused = !run.paused;
  command({method: 'PUT', headers: CHANGE, body: String(paused)}, '/paused', () => {
    run.paused = paused;
    at('pause').textContent = paused ? 'Resume' : 'Pause';
    showState(paused ? 'Paused. No new calls are made.' : 'Resumed.');
  });
});
at('drain').addEventListener('click', () => command({method: 'DELETE', headers: CHANGE}, '', () => {
  showState('Draining. Waiting for calls in flight.');
  at('drain').disabled = true;
  at('pause').disabled = true;
}));
window.addEventListener('beforeunload', (event) => {
  if (run) event.preventDefault();
});
count();
