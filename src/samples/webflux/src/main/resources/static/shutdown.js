// Text of a server is never parsed as HTML: it is only assigned to textContent and title.
const KINDS = {
  STOPPED: 'stopped', ALREADY_STOPPED: 'already stopped', ACCEPTED: 'accepted', DRY_RUN_PASSED: 'dry run passed',
  FAILED: 'failed', UNCONFIRMED: 'unconfirmed', SKIPPED: 'skipped', OPEN: 'in progress', WAITING: 'waiting',
};
const GOOD = ['STOPPED', 'ALREADY_STOPPED', 'ACCEPTED', 'DRY_RUN_PASSED'];
const FILTERS = {
  all: () => true,
  attention: (kind) => !GOOD.includes(kind) && kind !== 'OPEN' && kind !== 'WAITING',
  open: (kind) => kind === 'OPEN',
  done: (kind) => GOOD.includes(kind),
};
const MAX_SQUARES = 20000;
const MAX_ROWS = 200;
const NDJSON = {accept: 'application/x-ndjson'};
const CHANGE = {'content-type': 'application/json', 'x-requested-by': 'page'};

const at = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString('en');
const instances = (count) => `${number(count)} ${count === 1 ? 'instance' : 'instances'}`;

/** The run that the page shows, in progress or not. */
let run = null;
const inProgress = () => run !== null && !run.ended;

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

function showState(text) {
  if (at('state').textContent !== text) at('state').textContent = text;
}

/** Fetches; a failure has the server's detail as its message. */
async function request(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail || `The server replied with status ${response.status}`);
}

const entered = () => [...new Set(at('ids').value.split(/[\s,]+/).filter(Boolean))];

function count() {
  const ids = entered().length;
  at('order').hidden = inProgress();
  at('stop').disabled = ids === 0;
  at('stop').textContent = ids === 0 ? 'Stop instances' : `Stop ${instances(ids)}`;
}

async function load() {
  showProblem('');
  try {
    const lines = (await (await request('instances', {headers: NDJSON})).text()).split('\n').filter(Boolean);
    at('ids').value = lines.map((line) => JSON.parse(line).instanceId).join('\n');
    count();
  } catch (error) {
    showProblem(`Listing the instances failed. ${error.message}`);
  }
}

/** Shows a run from its start: the server repeats it whole for each connection. */
function begin(name, source, {ids, earlier, resumed}) {
  const finished = new Set(earlier.map((outcome) => outcome.instanceId));
  const squares = ids.slice(0, MAX_SQUARES).map((id) => {
    const square = element('i', '', 'WAITING');
    square.title = `${id}: ${KINDS.WAITING}`;
    return square;
  });
  at('grid').replaceChildren(...squares);
  at('beyond').textContent = `Showing the first ${number(MAX_SQUARES)} of ${number(ids.length)}.`;
  at('beyond').hidden = ids.length <= MAX_SQUARES;
  run = {
    name, source, ids, squares, resumed,
    kinds: ids.map(() => 'WAITING'),
    results: new Map(),
    indexes: new Map(ids.map((id, index) => [id, index])),
    errors: new Map(),
    // The order in which instances are started: those that an earlier process finished are not.
    order: ids.map((id, index) => index).filter((index) => !finished.has(ids[index])),
    started: 0,
    rate: 0,
    server: '',
    drawn: true,
    ended: false,
  };
  at('run').hidden = false;
  at('list').hidden = false;
  for (const id of ['pause', 'drain']) at(id).disabled = false;
  earlier.forEach(record);
  showProblem('');
  count();
  draw();
}

function mark(index, kind) {
  if (index === undefined) return;
  run.kinds[index] = kind;
  const square = run.squares[index];
  if (!square) return;
  square.dataset.kind = kind;
  square.title = `${run.ids[index]}: ${KINDS[kind] ?? kind}`;
}

/** Instances are started in order, so their number identifies them. */
function markStarted(started) {
  for (; run.started < Math.min(started, run.order.length); run.started++) {
    const index = run.order[run.started];
    if (run.kinds[index] === 'WAITING') mark(index, 'OPEN');
  }
}

function record(outcome) {
  run.results.set(outcome.instanceId, outcome);
  mark(run.indexes.get(outcome.instanceId), outcome.outcome);
  if (!GOOD.includes(outcome.outcome) && outcome.outcome !== 'SKIPPED') {
    const code = outcome.errorCode ?? 'no code';
    run.errors.set(code, {count: (run.errors.get(code)?.count ?? 0) + 1, message: outcome.message});
  }
}

/** Draws once per animation frame. */
function scheduleDraw() {
  if (!run.drawn) return;
  run.drawn = false;
  requestAnimationFrame(() => run && draw());
}

function tally() {
  const all = {};
  for (const kind of run.kinds) all[kind] = (all[kind] ?? 0) + 1;
  const done = GOOD.reduce((sum, kind) => sum + (all[kind] ?? 0), 0);
  const known = run.ids.length - (all.OPEN ?? 0) - (all.WAITING ?? 0);
  return {all, done, known};
}

function draw() {
  run.drawn = true;
  const {all, done} = tally();
  const kinds = Object.keys(KINDS).concat(Object.keys(all).filter((kind) => !(kind in KINDS)));
  const shown = kinds.filter((kind) => all[kind] > 0);
  at('headline').textContent = `${number(done)} of ${instances(run.ids.length)} stopped`;
  document.title = at('headline').textContent;
  at('shares').replaceChildren(...shown.map((kind) => {
    const share = element('span', '', kind);
    share.style.flexGrow = all[kind];
    return share;
  }));
  const tiles = shown.map((kind) => tile(KINDS[kind] ?? kind, number(all[kind]), kind));
  if (!run.ended && run.rate > 0) tiles.push(tile('calls per second allowed', run.rate.toFixed(run.rate < 10 ? 1 : 0)));
  at('counts').replaceChildren(...tiles);
  at('grid').setAttribute('aria-label', `One square per instance: ${shown.map((kind) => `${number(all[kind])} ${KINDS[kind] ?? kind}`).join(', ')}`);
  at('errors').hidden = run.errors.size === 0;
  at('rows').replaceChildren(...[...run.errors].map(([code, error]) => {
    const row = element('tr', '');
    row.append(wrappable('td', code), element('td', number(error.count)), element('td', error.message ?? ''));
    row.children[1].className = 'number';
    return row;
  }));
  drawInstances();
}

function tile(name, value, kind) {
  const pair = element('div', '', kind);
  pair.append(element('dt', name), element('dd', value));
  if (!kind) pair.firstChild.className = 'pace';
  return pair;
}

function drawInstances() {
  const wanted = FILTERS[at('filter').value];
  const matching = [];
  let total = 0;
  for (let index = 0; index < run.ids.length; index++) {
    if (!wanted(run.kinds[index])) continue;
    if (total++ < MAX_ROWS) matching.push(index);
  }
  at('instances').replaceChildren(...matching.map(instanceRow));
  at('more').textContent = total === 0 ? 'No instance matches.' : `Showing the first ${number(MAX_ROWS)} of ${number(total)}.`;
  at('more').hidden = total > 0 && total <= MAX_ROWS;
}

function instanceRow(index) {
  const id = run.ids[index];
  const kind = run.kinds[index];
  const outcome = run.results.get(id);
  const row = element('tr', '');
  const name = element('td', KINDS[kind] ?? kind, kind);
  name.className = 'kind';
  const time = element('td', outcome ? `${(outcome.elapsedMillis / 1000).toFixed(1)} s` : '');
  time.className = 'number';
  row.append(element('td', id), name, time, element('td', outcome?.message ?? ''));
  return row;
}

const STATES = {
  RUNNING: () => `Stopping ${instances(run.ids.length)}.`,
  PAUSED: () => (run.resumed
    ? 'Paused: the server was restarted. Resume to stop the remaining instances.'
    : 'Paused. No new calls are made.'),
  DRAINING: () => 'Draining. Waiting for calls in flight.',
};

function progress({counts, callsPerSecond}) {
  run.rate = callsPerSecond;
  markStarted(counts.started);
  if (counts.state !== run.server && counts.state in STATES) {
    showState(STATES[counts.state]());
    if (counts.state === 'RUNNING') run.resumed = false;
    at('pause').textContent = counts.state === 'PAUSED' ? 'Resume' : 'Pause';
    for (const id of ['pause', 'drain']) at(id).disabled = counts.state === 'DRAINING';
  }
  run.server = counts.state;
  scheduleDraw();
}

/** Follows a run. The browser connects again by itself, also after a restart of the server. */
function follow(name) {
  run?.source.close();
  const source = new EventSource(`shutdowns/${name}/events`);
  const on = (type, handle) => source.addEventListener(type, (event) => handle(JSON.parse(event.data)));
  on('begin', (data) => begin(name, source, data));
  on('outcomes', (batch) => {
    batch.forEach(record);
    scheduleDraw();
  });
  on('progress', progress);
  on('end', (data) => finish(source, data));
  source.addEventListener('error', () => {
    if (run?.ended) return;
    for (const id of ['pause', 'drain']) at(id).disabled = true;
    if (source.readyState === EventSource.CLOSED) {
      showProblem('The server does not have this run any more. The journal in its runs directory has what is known.');
    } else {
      showState('The server cannot be reached. Connecting again…');
      if (run) run.server = '';
    }
  });
}

function finish(source, {reason, message}) {
  source.close();
  run.ended = true;
  draw();
  const {done, known} = tally();
  const rest = run.ids.length - known;
  showState(`Run ended: ${number(done)} of ${instances(run.ids.length)} stopped`
    + `${known - done > 0 ? `, ${number(known - done)} not stopped` : ''}${rest > 0 ? `, ${number(rest)} not called` : ''}.`);
  if (reason !== 'COMPLETED') showProblem(`The run ended early. ${reason}: ${message}`);
  for (const id of ['pause', 'drain']) at(id).disabled = true;
  count();
}

async function stop(ids) {
  showProblem('');
  const name = crypto.getRandomValues(new Uint32Array(2)).join('-');
  try {
    await request(`shutdowns/${name}`, {method: 'PUT', headers: CHANGE, body: JSON.stringify(ids)});
    follow(name);
    at('run').hidden = false;
    at('fleet').focus();
  } catch (error) {
    showProblem(`The run was not started. ${error.message}`);
  }
}

/** Finds the newest run that the server has, in progress or ended. */
async function find() {
  try {
    const runs = await (await request('shutdowns')).json();
    const newest = runs.find((one) => one.state !== 'TERMINATED') ?? runs[0];
    if (newest) follow(newest.name);
  } catch (error) {
    showProblem(`The runs of the server cannot be read. ${error.message}`);
  }
}

/** Sends a command; its effect is shown when the server reports it. */
async function command(options, path) {
  try {
    await request(`shutdowns/${run.name}${path}`, options);
  } catch (error) {
    if (inProgress()) showProblem(error.message);
  }
}

at('ids').addEventListener('input', count);
at('load').addEventListener('click', load);
at('filter').addEventListener('change', drawInstances);
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
at('pause').addEventListener('click', () => command({method: 'PUT', headers: CHANGE, body: String(run.server !== 'PAUSED')}, '/paused'));
at('drain').addEventListener('click', () => command({method: 'DELETE', headers: CHANGE}, ''));
count();
find();
