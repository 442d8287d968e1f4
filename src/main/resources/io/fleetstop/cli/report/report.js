(() => {
  const PAGE = 100;
  const PRINTED = 5000;
  // The instances named for a reason, and the reasons shown.
  const NAMED = 3;
  const GROUPS = 25;
  const LOOK = 'Check the instances in the console, then run the command again for them.';
  const run = JSON.parse(document.getElementById('run-data').textContent);
  // The mode of a run that starts instances begins with this word.
  const isStart = run.mode[0] === 'start';
  const UNCONFIRMED = 'The service may have accepted the ' + (isStart ? 'start' : 'stop')
    + ': look with fleetstop wait --until ' + (isStart ? 'RUNNING' : 'STOPPED')
    + ', or run the command again with ' + (isStart ? '--resume.' : 'the same run id.');
  const outcomes = JSON.parse(document.getElementById('outcome-data').textContent);
  const {byId, count, plural, percent, rate, title, breakable, visible, element, drawn, time} = make;

  // Outcomes of the run.

  const done = Object.values(run.outcomes).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(run.outcomes);
  const isEndedEarly = run.exit.endedBy || run.exit.code === 130;
  if (run.instances > done) {
    kinds.push([isEndedEarly ? 'NOT_BEGUN' : 'NO_OUTCOME', run.instances - done]);
  }

  function headline() {
    const good = (...names) => names.reduce((sum, name) => sum + (run.outcomes[name] ?? 0), 0);
    const parts = [
      [good('DRY_RUN_PASSED'), 'passed the dry run'],
      [good('ACCEPTED'), isStart ? 'told to start' : 'told to stop'],
      [good('STOPPED', 'ALREADY_STOPPED'), run.outcomes.STOPPED ? 'stopped' : 'already stopped'],
      [good('STARTED', 'ALREADY_RUNNING'), run.outcomes.STARTED ? 'running' : 'already running'],
    ].filter(([n]) => n > 0);
    if (parts.length === 0) {
      parts.push([0, run.mode.includes('dry run') ? 'passed the dry run' : isStart ? 'running' : 'stopped']);
    }
    const all = ' of ' + plural(run.instances, 'instance');
    return parts.map(([n, state], i) => count(n) + (i === 0 ? all : '') + ' ' + state).join(', ');
  }

  // One sentence: what is stopped, and how many instances are left for a person.
  function resultSentence() {
    if (run.instances === 0 && done === 0) {
      return run.exit.code === 0
        ? 'There were no instances to ' + (isStart ? 'start' : 'stop')
        : 'Nothing was ' + (isStart ? 'started' : 'stopped');
    }
    const hand = (run.outcomes.FAILED ?? 0) + (run.outcomes.UNCONFIRMED ?? 0);
    const left = run.instances - done;
    const rest = [
      hand > 0 ? count(hand) + (hand === 1 ? ' needs' : ' need') + ' a hand' : '',
      left > 0 ? count(left) + (isEndedEarly ? ' not begun' : ' without an outcome') : '',
    ].filter((part) => part !== '');
    return headline() + (rest.length > 0 ? '; ' + rest.join(', ') : '');
  }

  function showSummary() {
    document.title = visible(run.runId) + ': ' + headline() + ' - fleetstop';
    byId('headline').textContent = resultSentence();
    const ending = byId('ending');
    ending.dataset.tone = run.exit.code === 0 ? 'good' : run.exit.code === 130 ? 'warn' : 'bad';
    ending.textContent = run.exit.meaning + ' (exit code ' + run.exit.code + ')';
    for (const [kind, n] of kinds) {
      const share = element('span', {'data-kind': kind});
      share.style.flexGrow = n;
      byId('shares').append(share);
      byId('counts').append(element('div', {},
        element('dt', {className: 'dot', 'data-kind': kind}, title(kind)),
        element('dd', {}, count(n), ' ', element('small', {}, percent(n, run.instances)))));
    }
    if (kinds.length === 0) byId('counts').hidden = byId('shares').hidden = true;
    const clock = new Intl.DateTimeFormat('en-GB', {dateStyle: 'medium', timeStyle: 'long'});
    const moment = (text) => element('time', {dateTime: text}, clock.format(new Date(text)));
    const code = (text) => element('code', {}, visible(text));
    const facts = [
      ['Run id', code(run.runId)], ['Region', visible(run.region)],
      ['Account', run.account && element('span', {}, ...breakable(run.account))],
      ['Run by', run.ranBy && visible(run.ranBy)], ['Version', visible(run.tool)],
      ['Mode', run.mode.map(visible).join(', ')],
      ['Elapsed', time(run.elapsedMillis) + ', '
        + rate((done - run.instancesBefore) / Math.max(0.001, run.elapsedMillis / 1000)) + ' instances/s'],
      ['Begun', run.begun && moment(run.begun)],
      [run.begun ? 'Resumed' : 'Started', moment(run.started)], ['Ended', moment(run.ended)],
      [isStart ? 'Start calls' : 'Stop calls', callsMade()], ['Rate', rateReached()],
      ['All requests', run.requests && visible(run.requests), 'wide'],
      ['Command', run.command && code(run.command), 'wide'],
      ['Before', run.doneBefore && visible(run.doneBefore), 'wide'],
      ['Ended by', run.exit.endedBy && visible(run.exit.endedBy), 'wide'],
      ['Resume with', run.exit.resumeCommand && code(run.exit.resumeCommand), 'wide'],
    ];
    for (const [name, value, width] of facts) {
      if (value) {
        byId('facts').append(element('div', {className: width ?? ''},
          element('dt', {}, name), element('dd', {}, value)));
      }
    }
    byId('footer').textContent = 'Made by ' + visible(run.tool)
      + '. This page holds all of its data and loads nothing.';
  }

  // Targets, if there are several.

  const targetOf = (outcome) => outcome.region ? outcome.account + '/' + outcome.region : '';

  function showTargets() {
    const targets = new Map();
    for (const outcome of outcomes) {
      const kindsOf = targets.get(targetOf(outcome)) ?? new Map();
      kindsOf.set(outcome.outcome, (kindsOf.get(outcome.outcome) ?? 0) + 1);
      targets.set(targetOf(outcome), kindsOf);
    }
    targets.delete('');
    byId('by-target').hidden = targets.size === 0;
    for (const [target, kindsOf] of [...targets].sort(([one], [other]) => one < other ? -1 : 1)) {
      const all = [...kindsOf.values()].reduce((sum, n) => sum + n, 0);
      byId('target-rows').append(element('tr', {},
        element('td', {className: 'mono'}, ...breakable(target)),
        element('td', {className: 'number'}, count(all)),
        element('td', {}, [...kindsOf].map(([kind, n]) => count(n) + ' ' + title(kind)).join(', '))));
    }
  }

  // Calls over time.

  const width = run.timeline.widthMillis;
  const length = Math.max(run.elapsedMillis, 1);
  let known = null;
  const moments = run.timeline.buckets.map((bucket, i) => {
    known = bucket.rate ?? known;
    const from = i * width;
    const to = Math.min(from + width, Math.max(length, from + width / 2));
    const perSecond = (n) => n * 1000 / (to - from);
    return {
      ...bucket, from, to, limit: known,
      calls: bucket.granted + bucket.refused + bucket.lost,
      grantedRate: perSecond(bucket.granted), refusedRate: perSecond(bucket.refused),
      lostRate: perSecond(bucket.lost),
      callRate: perSecond(bucket.granted + bucket.refused + bucket.lost),
    };
  });
  const sum = (what) => moments.reduce((all, moment) => all + moment[what], 0);
  const greatest = (what) => moments.reduce((most, moment) => Math.max(most, moment[what] ?? 0), 0);
  const calls = {all: sum('calls'), refused: sum('refused'), lost: sum('lost')};

  function callsMade() {
    if (calls.all === 0) return 'none';
    return count(calls.all) + ': ' + count(sum('granted')) + ' let in, ' + count(calls.refused) + ' throttled'
      + (calls.refused > 0 ? ' (' + percent(calls.refused, calls.all) + ')' : '')
      + (calls.lost > 0 ? ', ' + count(calls.lost) + ' got no answer' : '');
  }

  function rateReached() {
    if (calls.all === 0) return null;
    return 'up to ' + rate(greatest('grantedRate')) + '/s let in'
      + (known === null ? '' : ', limit ' + rate(known) + '/s at the end, '
        + rate(greatest('limit')) + '/s at most');
  }

  const clockTime = (millis) => {
    const part = (n) => String(n).padStart(2, '0');
    const seconds = Math.round(millis) / 1000;
    if (length < 60000) return String(seconds);
    const text = part(Math.floor(seconds / 60) % 60) + ':' + part(Math.floor(seconds % 60));
    return length < 3600000 ? text : Math.floor(seconds / 3600) + ':' + text;
  };
  const span = (moment) => clockTime(moment.from) + ' to ' + clockTime(moment.to) + (length < 60000 ? ' s' : '');

  function reading(moment) {
    const lines = [rate(moment.grantedRate) + '/s let in'];
    if (calls.refused > 0) lines.push(rate(moment.refusedRate) + '/s throttled');
    if (calls.lost > 0) lines.push(rate(moment.lostRate) + '/s got no answer');
    if (moment.limit !== null) lines.push('limit ' + rate(moment.limit) + '/s');
    return lines;
  }

  function step(most, atMost, steps) {
    return steps.find((s) => most / s <= atMost) ?? steps[steps.length - 1];
  }

  const ROUND = [0.1, 0.2, 0.5];
  for (let power = 1; power < 1e9; power *= 10) ROUND.push(power, 2 * power, 5 * power);
  const SPANS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
    14400, 28800, 86400].map((seconds) => 1000 * seconds);

  const plot = byId('plot');
  const tip = byId('tip');
  let scale = null;
  let cursor = null;

  function drawChart() {
    const w = Math.max(240, plot.clientWidth);
    const h = w < 480 ? 200 : 260;
    const box = {left: 44, right: w - 8, top: 22, bottom: h - 40};
    const end = Math.max(moments[moments.length - 1].to, 1);
    const busiest = greatest('callRate');
    // A limit far beyond the calls would press them flat; it leaves the picture instead.
    const top = Math.max(busiest, Math.min(greatest('limit'), 5 * busiest), 1) * 1.04;
    const each = step(top, 5, ROUND);
    const most = Math.ceil(top / each) * each;
    const x = (millis) => box.left + (box.right - box.left) * millis / end;
    const y = (r) => box.bottom - (box.bottom - box.top) * r / most;
    const svg = drawn('svg', {viewBox: '0 0 ' + w + ' ' + h, width: w, height: h, 'aria-hidden': 'true'});
    svg.append(drawn('text', {x: 0, y: 11}, 'calls per second'));
    for (let r = 0; r <= most + each / 2; r += each) {
      svg.append(drawn('line', {class: r === 0 ? 'axis' : 'grid', x1: box.left, x2: box.right, y1: y(r), y2: y(r)}),
        drawn('text', {x: box.left - 8, y: y(r) + 4, 'text-anchor': 'end'}, rate(r)));
    }
    const tick = step(end, Math.max(2, Math.floor((box.right - box.left) / 90)), SPANS);
    for (let t = 0; t <= end; t += tick) {
      svg.append(drawn('line', {class: 'axis', x1: x(t), x2: x(t), y1: box.bottom, y2: box.bottom + 5}),
        drawn('text', {x: x(t), y: box.bottom + 19, 'text-anchor': t === 0 ? 'start' : x(t) > box.right - 16 ? 'end' : 'middle'}, clockTime(t)));
    }
    svg.append(drawn('text', {x: box.right, y: h - 4, 'text-anchor': 'end'}, 'time since the start, ' + (length < 60000 ? 's' : length < 3600000 ? 'min:s' : 'h:min:s')));
    const gap = (box.right - box.left) / moments.length > 5 ? 1 : 0;
    for (const moment of moments) {
      let base = 0;
      for (const name of ['granted', 'refused', 'lost']) {
        const r = moment[name + 'Rate'];
        if (r > 0) {
          svg.append(drawn('rect', {class: name, x: x(moment.from), y: y(base + r),
            width: Math.max(0.5, x(moment.to) - x(moment.from) - gap), height: y(base) - y(base + r)}));
        }
        base += r;
      }
    }
    // The limiter was read at the end of each span.
    const read = moments.filter((moment) => moment.limit !== null);
    if (read.length > 0) {
      const points = [x(read[0].from) + ',' + y(read[0].limit)]
        .concat(read.map((moment) => x(moment.to) + ',' + y(moment.limit)));
      const frame = drawn('svg', {width: w, height: h, viewBox: [0, box.top - 2, w, h].join(' '), y: box.top - 2, class: 'frame'});
      frame.append(drawn('polyline', {class: 'limit', points: points.join(' ')}));
      svg.append(frame);
    }
    cursor = drawn('rect', {class: 'cursor', y: box.top, height: box.bottom - box.top, width: 0});
    svg.append(cursor);
    plot.replaceChildren(svg);
    scale = {x, w, end, left: box.left, right: box.right, isClipped: greatest('limit') > most};
    showLegend();
  }

  function showLegend() {
    const entries = [['granted', 'Let in']];
    if (calls.refused > 0) entries.push(['refused', 'Throttled: the quota was spent']);
    if (calls.lost > 0) entries.push(['lost', 'No answer']);
    if (known !== null) entries.push(['limit', 'Limit of the pace' + (scale.isClipped ? ' (up to ' + rate(greatest('limit')) + '/s, beyond this scale)' : '')]);
    byId('legend').replaceChildren(...entries.map(([name, text]) => element('li', {className: name}, text)));
  }

  let chosen = -1;

  function choose(index, isShown) {
    chosen = Math.max(0, Math.min(moments.length - 1, index));
    const moment = moments[chosen];
    plot.setAttribute('aria-valuenow', chosen);
    plot.setAttribute('aria-valuetext', span(moment) + ': ' + reading(moment).join(', '));
    if (!isShown) return;
    const from = scale.x(moment.from);
    const to = scale.x(moment.to);
    cursor.setAttribute('x', from);
    cursor.setAttribute('width', Math.max(2, to - from));
    tip.replaceChildren(element('b', {}, span(moment)), ...reading(moment).map((line) => element('div', {}, line)));
    tip.hidden = false;
    const room = plot.clientWidth - tip.offsetWidth;
    const beside = to + 12 <= room ? to + 12 : from - tip.offsetWidth - 12;
    tip.style.left = Math.max(0, Math.min(room, beside)) + 'px';
    tip.style.top = plot.offsetTop + 24 + 'px';
  }

  function unchoose() {
    tip.hidden = true;
    cursor.setAttribute('width', 0);
  }

  function showTimeline() {
    if (moments.length === 0) {
      byId('chart').hidden = true;
      byId('no-calls').hidden = false;
      if (!run.requests) byId('no-calls').textContent = 'The journal of a run holds outcomes, not calls.';
      return;
    }
    byId('caption').append('Each bar is ' + time(width) + ' of the run; a call counts when its answer comes. ',
      element('span', {className: 'hint'}, 'Point at a bar, or use the arrow keys, to read it.'));
    byId('moments').append(...moments.map((moment) => element('tr', {},
      element('td', {}, span(moment)),
      ...[count(moment.granted), count(moment.refused), count(moment.lost), rate(moment.callRate),
        moment.limit === null ? '' : rate(moment.limit)]
        .map((text) => element('td', {className: 'number'}, text)))));
    plot.setAttribute('aria-valuemin', 0);
    plot.setAttribute('aria-valuemax', moments.length - 1);
    drawChart();
    choose(0, false);
    new ResizeObserver(() => {
      if (plot.clientWidth > 0 && plot.clientWidth !== scale.w) {
        unchoose();
        drawChart();
      }
    }).observe(plot);
    const at = (event) => {
      const place = event.clientX - plot.getBoundingClientRect().left;
      const millis = scale.end * (place - scale.left) / (scale.right - scale.left);
      const found = moments.findIndex((moment) => millis < moment.to);
      choose(found < 0 ? moments.length - 1 : found, true);
    };
    plot.addEventListener('pointermove', at);
    plot.addEventListener('pointerdown', at);
    plot.addEventListener('pointerleave', unchoose);
    plot.addEventListener('focus', () => {
      if (plot.matches(':focus-visible')) choose(chosen, true);
    });
    plot.addEventListener('blur', unchoose);
    plot.addEventListener('keydown', (event) => {
      const to = {ArrowRight: chosen + 1, ArrowUp: chosen + 1, ArrowLeft: chosen - 1,
        ArrowDown: chosen - 1, PageDown: chosen - 10, PageUp: chosen + 10, Home: 0,
        End: moments.length - 1}[event.key];
      if (event.key === 'Escape') unchoose();
      if (to !== undefined) {
        event.preventDefault();
        choose(to, true);
      }
    });
  }

  // What needs a hand, grouped by reason.

  function groups() {
    const found = new Map();
    for (const outcome of outcomes) {
      if (outcome.outcome !== 'FAILED' && outcome.outcome !== 'UNCONFIRMED') continue;
      const reason = outcome.errorCode ?? outcome.message ?? title(outcome.outcome);
      const group = found.get(reason)
        ?? {reason, count: 0, code: outcome.errorCode, kind: outcome.outcome, ids: []};
      group.count++;
      if (group.ids.length < NAMED) group.ids.push(outcome.name || outcome.instanceId);
      found.set(reason, group);
    }
    return [...found.values()].sort((one, other) => other.count - one.count);
  }

  function showErrors() {
    const all = groups();
    byId('error-table').hidden = all.length === 0;
    byId('no-errors').hidden = all.length > 0;
    const most = all.reduce((n, group) => Math.max(n, group.count), 1);
    const catalogue = new Map(run.errors.map((error) => [error.code, error]));
    for (const group of all.slice(0, GROUPS)) {
      const known = catalogue.get(group.code);
      const meter = element('span', {className: 'meter'});
      meter.style.width = 100 * group.count / most + '%';
      const show = element('button', {type: 'button', className: 'link', title: 'Show these instances'}, ...breakable(group.reason));
      show.addEventListener('click', () => {
        view.query = search.value = group.reason;
        view.kind = null;
        refresh();
        byId('instances').scrollIntoView();
        byId('instances').focus({preventScroll: true});
      });
      const more = group.count - group.ids.length;
      byId('codes').append(element('tr', {},
        element('td', {}, show,
          element('div', {className: 'meaning'}, known?.meaning ? visible(known.meaning) : ''),
          element('div', {className: 'meaning ids'}, group.ids.map(visible).join(', ') + (more > 0 ? ' and ' + count(more) + ' more' : ''))),
        element('td', {className: 'todo'}, visible(known?.advice ?? (group.kind === 'UNCONFIRMED' ? UNCONFIRMED : LOOK))),
        element('td', {className: 'number'}, count(group.count)),
        element('td', {className: 'share', 'aria-hidden': 'true'}, meter)));
    }
    if (all.length > GROUPS) {
      byId('codes').append(element('tr', {}, element('td', {colSpan: 4, className: 'meaning'},
        'And ' + plural(all.length - GROUPS, 'rarer reason') + '; filter the instances below by outcome.')));
    }
  }

  // The instances.

  const COLUMNS = [
    {key: 'instanceId', label: 'Instance', className: 'id mono'},
    {key: 'outcome', label: 'Outcome', className: 'outcome'},
    {key: 'errorCode', label: 'Code', className: 'code mono'},
    {key: 'httpStatus', label: 'HTTP', className: 'number'},
    {key: 'requestId', label: 'Request id', className: 'request mono'},
    {key: 'attempts', label: 'Attempts', className: 'number'},
    {key: 'elapsedMillis', label: 'Elapsed', className: 'number'},
    {key: 'message', label: 'Message', className: 'message'},
  ];
  const view = {query: '', kind: null, key: null, isDescending: false, page: 0, rows: outcomes};
  const search = byId('search');
  const texts = new Array(outcomes.length);
  const places = new Map(outcomes.map((outcome, i) => [outcome, i]));

  function text(outcome) {
    const i = places.get(outcome);
    return texts[i] ??= [outcome.instanceId, targetOf(outcome), outcome.name, outcome.zone, outcome.tags,
      outcome.errorCode, outcome.requestId, outcome.message]
      .filter((part) => part).join('\n').toLowerCase();
  }

  function select() {
    const words = view.query.toLowerCase().split(/\s+/).filter((word) => word !== '');
    view.rows = outcomes.filter((outcome) =>
      (view.kind === null || outcome.outcome === view.kind)
      && words.every((word) => text(outcome).includes(word)));
    if (view.key !== null) {
      const sign = view.isDescending ? -1 : 1;
      // What has no value comes last in either direction.
      view.rows.sort((a, b) => {
        const one = a[view.key];
        const other = b[view.key];
        if (one === other) return 0;
        if (one === null || other === null) return one === null ? 1 : -1;
        return one < other ? -sign : sign;
      });
    }
  }

  function cell(column, outcome) {
    const value = outcome[column.key];
    const made = element('td', {role: 'cell', className: column.className, 'data-label': column.label});
    if (value === null) return made;
    if (column.key === 'outcome') {
      made.append(element('span', {className: 'dot', 'data-kind': value}, title(value)));
    } else if (column.key === 'instanceId') {
      made.textContent = visible(value);
      const label = [targetOf(outcome), outcome.name, outcome.zone, outcome.tags].filter((part) => part).map(visible).join(', ');
      if (label !== '') made.append(element('div', {className: 'label'}, label));
    } else if (column.key === 'elapsedMillis') {
      made.textContent = time(value);
    } else if (column.key === 'errorCode') {
      made.append(...breakable(value));
    } else {
      made.textContent = typeof value === 'number' ? count(value) : visible(value);
    }
    return made;
  }

  function fill(from, to) {
    byId('rows').replaceChildren(...view.rows.slice(from, to).map((outcome) =>
      element('tr', {role: 'row'}, ...COLUMNS.map((column) => cell(column, outcome)))));
  }

  function selection() {
    return view.rows.length === outcomes.length
      ? plural(outcomes.length, 'instance')
      : count(view.rows.length) + ' of ' + plural(outcomes.length, 'instance');
  }

  function showPage() {
    const pages = Math.max(1, Math.ceil(view.rows.length / PAGE));
    view.page = Math.max(0, Math.min(pages - 1, view.page));
    const from = view.page * PAGE;
    const to = Math.min(from + PAGE, view.rows.length);
    fill(from, to);
    byId('found').textContent = view.rows.length === 0
      ? (outcomes.length === 0 ? 'There are no instances' : 'No instance matches')
      : view.rows.length > PAGE ? selection() + ', ' + count(from + 1) + ' to ' + count(to) + ' shown' : selection();
    byId('table').hidden = view.rows.length === 0;
    byId('pages').hidden = pages === 1;
    byId('page').textContent = 'Page ' + count(view.page + 1) + ' of ' + count(pages);
    byId('first').disabled = byId('previous').disabled = view.page === 0;
    byId('last').disabled = byId('next').disabled = view.page === pages - 1;
  }

  function refresh() {
    select();
    view.page = 0;
    for (const filter of byId('filters').children) {
      filter.setAttribute('aria-pressed', String((filter.dataset.filter || null) === view.kind));
    }
    for (const head of byId('heads').children) {
      head.setAttribute('aria-sort', head.dataset.key !== view.key ? 'none'
        : view.isDescending ? 'descending' : 'ascending');
    }
    showPage();
  }

  function showInstances() {
    const filter = (kind, label, n) => {
      const button = element('button', {type: 'button', 'data-filter': kind ?? '', 'aria-pressed': 'false'},
        label, ' ', element('small', {}, count(n)));
      button.addEventListener('click', () => {
        view.kind = kind;
        refresh();
      });
      return button;
    };
    byId('filters').append(filter(null, 'All', outcomes.length),
      ...Object.entries(run.outcomes).map(([kind, n]) => filter(kind, title(kind), n)));
    for (const column of COLUMNS) {
      const button = element('button', {type: 'button'}, column.label);
      button.addEventListener('click', () => {
        const isSame = view.key === column.key;
        // The third time brings back the order in which the instances were done.
        view.key = isSame && view.isDescending ? null : column.key;
        view.isDescending = isSame && !view.isDescending;
        refresh();
      });
      byId('heads').append(element('th', {role: 'columnheader', scope: 'col', 'data-key': column.key,
        className: column.className === 'number' ? 'number' : ''}, button));
    }
    const turn = (id, to) => byId(id).addEventListener('click', () => {
      view.page = to();
      showPage();
      byId('found').scrollIntoView({block: 'nearest'});
    });
    turn('first', () => 0);
    turn('previous', () => view.page - 1);
    turn('next', () => view.page + 1);
    turn('last', () => Infinity);
    let due = 0;
    search.addEventListener('input', () => {
      clearTimeout(due);
      due = setTimeout(() => {
        view.query = search.value;
        refresh();
      }, outcomes.length > 20000 ? 150 : 0);
    });
    search.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        view.query = search.value = '';
        refresh();
      }
    });
    document.addEventListener('keydown', (event) => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    });
    addEventListener('beforeprint', () => {
      fill(0, PRINTED);
      byId('found').textContent = selection();
      byId('cut').hidden = view.rows.length <= PRINTED;
      byId('cut').textContent = 'The first ' + count(PRINTED) + ' of ' + count(view.rows.length)
        + ' are printed; search or filter to print others.';
    });
    addEventListener('afterprint', () => {
      byId('cut').hidden = true;
      showPage();
    });
    refresh();
  }

  document.querySelector('main').hidden = false;
  showSummary();
  showTimeline();
  showTargets();
  showErrors();
  showInstances();
})();
