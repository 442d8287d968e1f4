// Nothing that a server says is ever taken for HTML: it goes into textContent and title alone.
const KINDS = {
  STOPPED: 'stopped', ALREADY_STOPPED: 'already stopped', ACCEPTED: 'accepted', DRY_RUN_PASSED: 'passed the dry run',
  FAILED: 'failed', UNCONFIRMED: 'unconfirmed', SKIPPED: 'left alone', OPEN: 'in progress', WAITING: 'waiting',
};
const GOOD = ['STOPPED', 'ALREADY_STOPPED', 'ACCEPTED', 'DRY_RUN_PASSED'];
const MAX_SQUARES = 20000;
const NDJSON = {accept: 'application/x-ndjson'};
const JSON_BODY = {'content-type': 'application/json'};

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

/** A code, which may go on in the next line after each of its dots. */
function broken(name, code) {
  const made = element(name, '');
  made.append(...code.split(/(?<=\.)/).flatMap((part) => [part, document.createElement('wbr')]));
  return made;
}

function complain(text) {
  at('problem').textContent = text;
  at('problem').hidden = !text;
}

/** Fetches, and makes what the server says of a failure its message. */
async function ask(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail || `The server answers ${response.status}`);
}

/** The objects of a response, each as soon as its line is there. */
async function* objects(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let begun = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const lines = (begun + value).split('\n');
    begun = lines.pop();
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
  complain('');
  try {
    const ids = [];
    for await (const instance of objects(await ask('instances', {headers: NDJSON}))) ids.push(instance.instanceId);
    at('ids').value = ids.join('\n');
    count();
  } catch (error) {
    complain(`The instances cannot be listed. ${error.message}`);
  }
}

function begin(ids) {
  const squares = ids.slice(0, MAX_SQUARES).map((id) => {
    const square = element('i', '', 'WAITING');
    square.title = `${id}: ${KINDS.WAITING}`;
    return square;
  });
  at('grid').replaceChildren(...squares);
  at('beyond').textContent = `The first ${number(MAX_SQUARES)} of ${number(ids.length)} are shown.`;
  at('beyond').hidden = ids.length <= MAX_SQUARES;
  run = {
    name: crypto.getRandomValues(new Uint32Array(2)).join('-'),
    ids,
    squares,
    places: new Map(ids.map((id, place) => [id, place])),
    takenUp: 0,
    outcomes: {},
    errors: new Map(),
    paused: false,
    isDrawn: true,
  };
  at('errors').hidden = true;
  at('rows').replaceChildren();
  at('run').hidden = false;
  for (const id of ['pause', 'end']) at(id).disabled = false;
  at('leaving').hidden = false;
  at('pause').textContent = 'Pause';
  say(`Stopping ${instances(ids.length)}.`);
  count();
  draw();
}

const say = (text) => { at('state').textContent = text; };

function mark(place, kind) {
  const square = run.squares[place];
  if (!square) return;
  square.dataset.kind = kind;
  square.title = `${run.ids[place]}: ${KINDS[kind] ?? kind}`;
}

/** Ids are taken up in their order, so that their number says which. */
function takeUp(takenUp) {
  for (let place = run.takenUp; place < takenUp; place++) {
    if (run.squares[place]?.dataset.kind === 'WAITING') mark(place, 'OPEN');
  }
  run.takenUp = Math.max(run.takenUp, takenUp);
}

function note(code, message) {
  const error = run.errors.get(code) ?? {count: 0};
  run.errors.set(code, {count: error.count + 1, message});
}

function tell(outcome) {
  run.outcomes[outcome.outcome] = (run.outcomes[outcome.outcome] ?? 0) + 1;
  mark(run.places.get(outcome.instanceId), outcome.outcome);
  if (!GOOD.includes(outcome.outcome) && outcome.outcome !== 'SKIPPED') note(outcome.errorCode ?? 'no code', outcome.message);
}

/** Drawn once for all that came since the last picture. */
function changed() {
  if (!run.isDrawn) return;
  run.isDrawn = false;
  requestAnimationFrame(() => run && draw());
}

function draw() {
  run.isDrawn = true;
  const known = Object.values(run.outcomes).reduce((sum, some) => sum + some, 0);
  const done = GOOD.reduce((sum, kind) => sum + (run.outcomes[kind] ?? 0), 0);
  const open = Math.max(0, run.takenUp - known);
  const all = {...run.outcomes, OPEN: open, WAITING: run.ids.length - known - open};
  const kinds = Object.keys(KINDS).concat(Object.keys(all).filter((kind) => !(kind in KINDS)));
  const shown = kinds.filter((kind) => all[kind] > 0);
  at('headline').textContent = `${number(done)} of ${instances(run.ids.length)} down`;
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
  at('grid').setAttribute('aria-label', `Each instance as a square: ${shown.map((kind) => `${number(all[kind])} ${KINDS[kind] ?? kind}`).join(', ')}`);
  at('errors').hidden = run.errors.size === 0;
  at('rows').replaceChildren(...[...run.errors].map(([code, error]) => {
    const row = element('tr', '');
    row.append(broken('td', code), element('td', number(error.count)), element('td', error.message ?? ''));
    row.children[1].className = 'number';
    return row;
  }));
  return {done, known};
}

/** Follows the figures of the run, from when the server knows it until it ends. */
async function watch() {
  const watched = run;
  while (run === watched) {
    try {
      for await (const progress of objects(await ask(`shutdowns/${watched.name}/progress`, {headers: NDJSON}))) {
        if (run !== watched) return;
        takeUp(progress.takenUp);
        changed();
      }
    } catch {
      // The outcomes say what matters.
    }
    await new Promise((passed) => setTimeout(passed, 100));
  }
}

async function stop(ids) {
  complain('');
  begin(ids);
  at('fleet').focus();
  watch();
  try {
    const options = {method: 'POST', headers: {...NDJSON, ...JSON_BODY}, body: JSON.stringify(ids)};
    for await (const line of objects(await ask(`shutdowns/${run.name}`, options))) {
      if ('instanceId' in line) tell(line);
      else complain(`The run ended early. ${line.errorCode}: ${line.message}`);
      changed();
    }
    finish();
  } catch (error) {
    complain(`The run broke off. What became of those without an outcome is not known here. ${error.message}`);
    finish();
  }
}

function finish() {
  const {done, known} = draw();
  const rest = run.ids.length - known;
  say(`The run has ended: ${number(done)} of ${instances(run.ids.length)} down`
    + `${known - done > 0 ? `, ${number(known - done)} not` : ''}${rest > 0 ? `, ${number(rest)} not called` : ''}.`);
  for (const id of ['pause', 'end']) at(id).disabled = true;
  at('leaving').hidden = true;
  run = null;
  count();
}

/** An order's answer may come after the run's last outcome; then it has nothing more to tell. */
async function order(options, path, told) {
  const ordered = run;
  try {
    await ask(`shutdowns/${ordered.name}${path}`, options);
    if (run === ordered) told();
  } catch (error) {
    if (run === ordered) complain(error.message);
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
  order({method: 'PUT', headers: JSON_BODY, body: String(paused)}, '/paused', () => {
    run.paused = paused;
    at('pause').textContent = paused ? 'Go on' : 'Pause';
    say(paused ? 'Paused: no instance is called.' : 'Going on.');
  });
});
at('end').addEventListener('click', () => order({method: 'DELETE'}, '', () => {
  say('Ending: calls on their way are waited for.');
  at('end').disabled = true;
  at('pause').disabled = true;
}));
window.addEventListener('beforeunload', (event) => {
  if (run) event.preventDefault();
});
count();
