// What an opened row shows.

/** Puts the whole of a row into an element; plots are painted once the element stands in the page. */
function fillDetail(node, row) {
  const detail = launchesOf(row);
  const figures = [];
  if (detail.base.length + detail.head.length > 0) {
    figures.push(figureOfLaunches(row, detail));
    if (detail.method === 'paired' && detail.base.length > 1) {
      figures.push(figureOfRounds(row, detail));
    } else if (detail.base.length + detail.head.length > 3) {
      figures.push(figureOfSequence(row, detail));
    }
  }
  const quantiles = quantilesOf(row);
  if (quantiles.length) {
    figures.push(figureOfQuantiles(row, quantiles));
  }
  node.append(
    el('p', { class: 'lead' }, sentenceOf(row, detail)),
    figures.length ? el('div', { class: 'figures' }, ...figures.map(function (plot) { return plot.node; }))
      : el('p', { class: 'quiet' }, 'The report holds no launches of this row, so nothing can be drawn.'),
    numbers(detail), remarks(row),
    values(detail), next(row));
  figures.forEach(function (plot) { plot.paint(); });
}

/** The verdict in a sentence, and what the word means. */
function sentenceOf(row, detail) {
  const effect = row.effect[0];
  const word = row.verdict === 'waived' ? 'regression' : row.verdict;
  let text = 'Head cannot be set in relation to base. ';
  if (effect !== null) {
    const side = effect === 0 ? 'as good as' : effect > 0 ? 'worse than' : 'better than';
    const size = effect === 0 ? '' : percent(Math.abs(effect)).slice(1) + ' ';
    text = 'Head is ' + size + side + ' base' + (detail.higher ? ' (higher values are better). ' : '. ');
  }
  const title = [el('strong', {}, isolated(row.title)), ' ', el('span', { class: 'metric' }, data.metrics[row.metric]), el('br')];
  return el('span', {}, ...title, text, el('em', {}, word), ': ', ...prose(meaningOf(word)));
}

function numbers(detail) {
  const cell = function (text) { return el('td', {}, text); };
  const table = el('table', { class: 'plain' },
    el('caption', {}, 'Launches of both sides'),
    el('thead', {}, el('tr', {}, el('td'), el('th', { scope: 'col' }, 'base'), el('th', { scope: 'col' }, 'head'))),
    el('tbody', {}, ...detail.sides.map(function (side) {
      return el('tr', {}, el('th', { scope: 'row' }, side[0]), cell(side[1]), cell(side[2]));
    })));
  const facts = el('dl', {}, ...detail.facts.map(function (fact) {
    return el('div', {}, el('dt', {}, fact[0]), el('dd', {}, fact[1]));
  }));
  return el('div', { class: 'columns' }, table, facts);
}

/** What a word means; a report may name one that we do not know, or `constructor`. */
function meaningOf(word) {
  return Object.hasOwn(data.words, word) ? data.words[word] : '';
}

/** Warnings with their meanings. */
function remarks(row) {
  if (!row.remarks) {
    return '';
  }
  return el('div', {}, el('h3', {}, 'Remarks'), el('ul', { class: 'remarks' }, ...row.remarks.map(function (remark) {
    const meaning = meaningOf(remark[0]);
    return el('li', {}, remark[0] ? el('code', {}, remark[0]) : null, (remark[0] && remark[1] ? ': ' : '') + remark[1],
      meaning ? el('p', { class: 'quiet' }, ...prose(meaning)) : null);
  })));
}

/** Every launch as a table, written when it is opened. */
function values(detail) {
  const total = Math.max(detail.base.length, detail.head.length);
  if (total === 0) {
    return null;
  }
  const paired = detail.method === 'paired';
  const box = el('details', { class: 'values', toggle: fill }, el('summary', {}, detail.step > 1 ? 'One of ' + detail.step + ' launches as a table' : paired ? 'Every round as a table' : 'Every launch as a table'));
  function fill() {
    if (box.querySelector('table')) {
      return;
    }
    const rows = [];
    for (let i = 0; i < total; i += 1) {
      const [base, head] = [detail.base[i], detail.head[i]];
      const text = function (value) { return value === undefined ? '' : show(value, detail.scale); };
      rows.push(el('tr', {}, el('th', { scope: 'row' }, String(i * detail.step + 1)), el('td', {}, text(base)), el('td', {}, text(head)),
        paired ? el('td', {}, Number.isFinite(head / base) ? percent(head / base - 1) : '') : null));
    }
    box.append(el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Launches' }, el('table', { class: 'plain' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, paired ? 'round' : 'launch'), el('th', { scope: 'col' }, 'base'), el('th', { scope: 'col' }, 'head'),
        paired ? el('th', { scope: 'col' }, 'change') : null)),
      el('tbody', {}, ...rows))));
  }
  return box;
}

/** How to look closer, and how to accept. */
function next(row) {
  if (!row.again) {
    return null;
  }
  const node = el('div', { class: 'next' }, el('h3', {}, 'Look closer'), el('p', {}, 'Measure it alone, and longer:'), copyable(row.again, 'the command'));
  if (row.waiver) {
    node.append(el('h3', {}, 'Accept'),
      el('p', {}, 'Have this merged into the base branch first: a pull request cannot relax its own gate.'), copyable(row.waiver, 'the waiver'));
  }
  return node;
}
