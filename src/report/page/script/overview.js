// All effects at once: the worst at the left, each with its interval, over the band that does not matter.

function startOverview(open) {
  const rows = data.rows.filter(function (row) { return row.effect[0] !== null; });
  if (rows.length < 2) {
    return;
  }
  rows.sort(SORTS.change.compare);
  // One giant must not flatten the rest, and a few must not be clipped for nothing.
  const reach = ascending(rows.map(function (row) { return Math.max(...row.effect.map(function (end) { return Math.abs(end || 0); })); }));
  const limit = Math.max(Math.min(reach[reach.length - 1] * 1.05, quantile(reach, 0.98) * 3), data.limit / 4);
  const ends = range(rows.flatMap(function (row) { return row.effect.concat(row.threshold, 1 / (1 + row.threshold) - 1); }).map(clip), 0.06);
  function clip(effect) { return Math.min(Math.max(effect, -limit), limit); }
  const counts = VERDICTS.map(function (verdict) {
    return [verdict, rows.filter(function (row) { return row.verdict === verdict; }).length];
  }).filter(function (entry) { return entry[1] > 0; });
  const plot = figure({
    title: '',
    label: 'Effects of ' + count(rows.length, 'comparison') + ' with their intervals, worst first: '
      + counts.map(function (entry) { return entry[1] + ' ' + entry[0]; }).join(', ') + '. Enter opens a row.',
    legend: el('span', { class: 'legend' }, ...counts.map(function (entry) {
      return el('span', { class: 'key' }, badge(entry[0]), ' ' + thousands(entry[1]));
    }), el('span', { class: 'key quiet' }, 'up is worse; band: threshold' + (rows.length < data.rows.length
      ? '; not drawn: ' + count(data.rows.length - rows.length, 'row') + ' without a ratio' : ''))),
    height: 200,
    columns: true,
    wide: true,
    choose: function (index) { open(rows[index]); },
    paint: function (svg, width, height) {
      const x = places(rows, LEFT + 6, width - RIGHT - 6);
      const y = linear(ends, [height - 6, 6]);
      const values = ticks(ends[0], ends[1], 5);
      band(svg, rows, x, y, clip);
      axisY(svg, values, y, LEFT, width - RIGHT, labelsOfPercent(values));
      svg.append(draw('line', { class: 'zero', x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0) }));
      const size = Math.min(Math.max((x(1) - x(0)) / 2.4, 1.2), 4.2);
      for (const verdict of VERDICTS) {
        let [bars, dots] = ['', ''];
        rows.forEach(function (row, i) {
          if (row.verdict !== verdict) {
            return;
          }
          const at = x(i);
          if (row.effect[1] !== null && row.effect[2] !== null) {
            bars += 'M' + at.toFixed(1) + ' ' + y(clip(row.effect[1])).toFixed(1) + 'V' + y(clip(row.effect[2])).toFixed(1);
          }
          dots += mark(SHAPES[verdict], at, y(clip(row.effect[0])), size);
        });
        svg.append(draw('g', { class: verdict }, draw('path', { class: 'bars', d: bars }), draw('path', { class: 'dots ' + verdict, d: dots })));
      }
      return rows.map(function (row, i) {
        const beyond = Math.abs(row.effect[0]) > limit ? ' (beyond the axis)' : '';
        return {
          x: x(i), y: y(clip(row.effect[0])),
          text: (row.title.length > 90 ? row.title.slice(0, 88) + '…' : row.title) + (several ? ' ' + data.metrics[row.metric].slice(0, 30) : '')
            + ': ' + row.change + (row.interval ? ' ' + row.interval : '') + ', ' + row.verdict + beyond,
        };
      });
    },
  });
  byId('overview-plot').append(plot.node);
  byId('overview').hidden = false;
  plot.paint();
}

/** Where the row of each rank stands. Where there are many, the unchanged ones stand closer together than those to read. */
function places(rows, left, right) {
  const read = rows.filter(function (row) { return row.verdict !== 'unchanged'; }).length;
  const even = (right - left) / rows.length;
  const wide = read ? Math.max(Math.min(7, (right - left) * 0.7 / read), even) : even;
  const narrow = read < rows.length ? (right - left - read * wide) / (rows.length - read) : 0;
  const centres = [];
  let at = left;
  rows.forEach(function (row) {
    const step = row.verdict === 'unchanged' ? narrow : wide;
    centres.push(at + step / 2);
    at += step;
  });
  return function (rank) { return centres[Math.min(rank, centres.length - 1)]; };
}

/** The threshold of every row, as one band. */
function band(svg, rows, x, y, clip) {
  const half = (x(1) - x(0)) / 2;
  const [top, bottom] = [[], []];
  let last = null;
  rows.forEach(function (row, i) {
    if (row.threshold !== last || i === rows.length - 1) {
      const [above, below] = [y(clip(row.threshold)), y(clip(1 / (1 + row.threshold) - 1))];
      const from = row.threshold === last ? x(i) + half : x(i) - half;
      if (top.length) {
        top.push([from, top[top.length - 1][1]]);
        bottom.push([from, bottom[bottom.length - 1][1]]);
      }
      top.push([from, above]);
      bottom.push([from, below]);
      if (i === rows.length - 1) {
        top.push([x(i) + half, above]);
        bottom.push([x(i) + half, below]);
      }
      last = row.threshold;
    }
  });
  svg.append(draw('path', { class: 'band', d: path(top.concat(bottom.reverse())) + 'z' }));
}
