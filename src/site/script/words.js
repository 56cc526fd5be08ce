// How commits, times and changes are written.

function isId(commit) {
  return /^[0-9a-f]{7,64}$/.test(commit);
}

/** A commit's id as short as people write it; other names as they are. */
function shortOf(commit) {
  return commit === null ? '' : isId(commit) && commit.length > 12 ? commit.slice(0, 9) : commit.length > 24 ? commit.slice(0, 23) + '…' : commit;
}

/** A commit, with a link to where its repository shows it. */
function commitNode(commit) {
  if (commit === null || commit === undefined) {
    return el('span', { class: 'hash' }, 'unknown');
  }
  const text = el('bdi', { class: 'hash', title: commit }, shortOf(commit));
  const id = commit.replace(/\+changes$/, '');
  return site.commit_url && isId(id) ? el('a', { href: site.commit_url.replace('{commit}', id), rel: 'noreferrer noopener' }, text) : text;
}

/** `2026-01-31`, in UTC as the whole site. */
function dateOf(seconds) {
  return seconds === null ? '' : new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** `2026-01-31 12:00`. */
function momentOf(seconds) {
  return seconds === null ? '' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

/** What a run is called where there is little room: its date, or its number. */
function placeOf(axis, run) {
  return dateOf(axis.times[run]) || 'run ' + (run + 1);
}

/** Newest runs without a value from which on a series counts as gone. */
const GONE_FROM = 10;

/** Whether a series ended some time ago. */
function isGone(row) {
  return row.axis.runs - 1 - row.last >= GONE_FROM;
}

/** Whether a change made it worse, better, or neither is known: the class of what tells it. */
function wayOf(row, before, after) {
  if (before === after || before === null || after === null) {
    return '';
  }
  return row.better ? (after > before) === (row.better === 'lower') ? 'worse' : 'gain' : '';
}

/** `▲ +8.3 % worse`, the two levels where there is no ratio; with its interval where there is room. */
function changeNode(row, change, span) {
  const way = wayOf(row, change.before, change.after);
  const mark = change.after > change.before ? '▲' : change.after < change.before ? '▼' : '';
  const ratio = change.ratio === undefined || change.ratio === null ? null : change.ratio;
  const size = ratio === null ? show(change.before, row.scale) + ' to ' + show(change.after, row.scale) : percent(ratio - 1);
  const word = { worse: 'worse', gain: 'better', '': '' }[way];
  const told = el('span', { class: 'way ' + way }, el('span', { class: 'mark', 'aria-hidden': 'true' }, mark), size, word ? ' ' + word : '');
  return span ? el('span', {}, told, ' ', el('span', { class: 'span' }, change.interval ? intervalOf(change.interval) : '')) : told;
}

/** `[+6.1, +10.4]`. */
function intervalOf(interval) {
  return '[' + interval.map(function (end) { return percent(end - 1).replace(' %', ''); }).join(', ') + ']';
}

/** The link to a series, which shows a span of runs, and a run. */
function addressOf(row, fields) {
  const query = new URLSearchParams(fields || {}).toString();
  return '#/series/' + row.file + (query ? '?' + query : '');
}

/** A series by its name, as a link. */
function seriesLink(row, fields) {
  const metric = row.metricName && row.metricName !== 'wall-time' ? el('span', { class: 'metric' }, row.metricName) : null;
  return el('span', { class: 'subject' }, el('a', { href: addressOf(row, fields) }, isolated(row.name)), metric);
}

/** The commits that could have made a change: the last one known to be before, and the first known to be after. */
function rangeNode(row, change) {
  const commits = row.axis.commits;
  const machine = machineOf(row, change.index);
  const where = machine >= 0 ? ', on ' + site.environments[machine] : '';
  const before = change.first > 0 ? commits[change.first - 1] : null;
  const after = commits[change.last];
  if (change.first === change.last || before === null) {
    return el('span', {}, 'at ', commitNode(commits[change.index]), where);
  }
  const count = change.last - change.first + 1;
  return el('span', {}, 'one of ' + count + ' runs after ', commitNode(before), ' up to ', commitNode(after), where);
}

/** A span of runs around a change, as an address writes it. */
function aroundOf(row, change) {
  const half = Math.max(30, 2 * (change.last - change.first));
  return { zoom: Math.max(change.index - half, 0) + '-' + Math.min(change.index + half, row.axis.runs - 1) };
}

/** A series from afar, with the places of its changes. */
function sparkNode(row) {
  const [width, height, room] = [170, 30, 4];
  const node = draw('svg', { viewBox: '0 0 ' + width + ' ' + height, 'aria-hidden': 'true', focusable: 'false' });
  const cells = row.picture.length;
  const x = linear([0, Math.max(cells - 1, 1)], [2, width - 2]);
  const y = linear([0, 31], [height - room, room]);
  row.changes.forEach(function (change) {
    const at = x(change.index / row.axis.runs * cells).toFixed(1);
    node.append(draw('path', { class: 'step', d: 'M' + at + ' 0V' + height }));
  });
  let [d, dots] = ['', ''];
  let pen = 'M';
  for (let cell = 0; cell < cells; cell += 1) {
    const digit = row.picture[cell];
    if (digit === ' ') {
      pen = 'M';
      continue;
    }
    const [across, down] = [x(cell).toFixed(1), y(parseInt(digit, 32)).toFixed(1)];
    // A value between gaps is a dot.
    const isAlone = pen === 'M' && (cell + 1 === cells || row.picture[cell + 1] === ' ');
    if (isAlone) {
      dots += 'M' + across + ' ' + down + 'h0';
    } else {
      d += pen + across + ' ' + down;
      pen = 'L';
    }
  }
  node.append(draw('path', { d: d }), draw('path', { class: 'dots', d: dots }));
  return node;
}
