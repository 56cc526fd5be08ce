// The plots of an opened row.

const LEFT = 62;
const RIGHT = 14;

/** A Gaussian density around the values, `[value, density]`; Silverman's bandwidth (1986, eq. 3.31). None without spread. */
function density(values, low, high) {
  const n = values.length;
  const sorted = ascending(values);
  const mean = values.reduce(function (sum, value) { return sum + value / n; }, 0);
  const sd = Math.sqrt(values.reduce(function (sum, value) { return sum + (value - mean) * (value - mean) / Math.max(n - 1, 1); }, 0));
  const quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const bandwidth = 0.9 * (quartiles > 0 ? Math.min(sd, quartiles) : sd) * Math.pow(n, -0.2);
  if (n < 5 || !(bandwidth > (high - low) * 1e-3)) {
    return [];
  }
  const curve = [];
  const from = Math.max(sorted[0] - 3.5 * bandwidth, low);
  const to = Math.min(sorted[n - 1] + 3.5 * bandwidth, high);
  for (let i = 0; i <= 120; i += 1) {
    const at = from + (to - from) * i / 120;
    let sum = 0;
    for (const value of values) {
      const z = (at - value) / bandwidth;
      sum += Math.exp(-z * z / 2);
    }
    curve.push([at, sum / (n * bandwidth)]);
  }
  return curve;
}

/** Before and after: every launch a dot, a density above, the median a line. */
function figureOfLaunches(row, detail) {
  const sides = [['base', detail.base, 'dot'], ['head', detail.head, 'square']];
  const all = detail.base.concat(detail.head);
  // The numbers are those of all launches, also where not all are drawn.
  const [launches, medians] = detail.sides;
  const words = sides.map(function (side, place) {
    return side[1].length ? side[0] + ': median ' + medians[place + 1] + ' of '
      + (launches[place + 1] === '1' ? '1 launch' : launches[place + 1] + ' launches') : side[0] + ': no launches';
  });
  return figure({
    title: 'Before and after: ' + (detail.step > 1 ? 'one of ' + detail.step + ' launches' : 'every launch'),
    label: 'Launches of both sides. ' + words.join('; ') + '.',
    legend: legendOfSides(row.verdict),
    height: 226,
    paint: function (svg, width, height) {
      const band = (height - 30) / 2;
      const [low, high] = range(all, 0.16);
      const x = linear([low, high], [LEFT, width - RIGHT]);
      const values = ticks(low, high, width / 110);
      const curves = sides.map(function (side) { return side[1].length ? density(side[1], low, high) : []; });
      const peak = Math.max(...curves.flat().map(function (point) { return point[1]; }), 0) || 1;
      axisX(svg, values, x, height - 26, labels(values, detail.scale));
      const points = [];
      sides.forEach(function (side, place) {
        const [name, launched, kind] = side;
        const word = detail.method === 'stored' && name === 'base' ? 'stored run' : name + ', launch';
        const floor = band * (place + 1) - 34;
        const group = draw('g', { class: name + ' ' + row.verdict });
        group.append(draw('text', { class: 'axis side', x: LEFT - 10, y: floor + 6, 'text-anchor': 'end' }, name),
          draw('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: floor, y2: floor }));
        if (curves[place].length) {
          const top = linear([0, peak], [floor, floor - band + 44]);
          const shape = curves[place].map(function (point) { return [x(point[0]), top(point[1])]; });
          const [first, last] = [shape[0][0].toFixed(1), shape[shape.length - 1][0].toFixed(1)];
          group.append(draw('path', { class: 'density', d: path(shape) + 'L' + last + ' ' + floor + 'H' + first + 'z' }));
        }
        let dots = '';
        launched.forEach(function (value, i) {
          // The golden ratio spreads neighbours in time over the height, the same way every time.
          const y = floor + 5 + (launched.length > 1 ? (i * 0.618034 % 1) * 18 : 9);
          dots += mark(kind, x(value), y, launched.length > 300 ? 1.8 : 3.2);
          points.push({ x: x(value), y: y, text: word + ' ' + (i * detail.step + 1) + ': ' + show(value, detail.scale) });
        });
        group.append(draw('path', { class: 'dots ' + name, d: dots }));
        if (launched.length) {
          const median = x(quantile(ascending(launched), 0.5));
          group.append(draw('line', { class: 'median', x1: median, x2: median, y1: floor - band + 44, y2: floor + 26 }));
        }
        svg.append(group);
      });
      return points;
    },
  });
}

/** The change of every pair in the order of time, with the interval and the threshold band. */
function figureOfRounds(row, detail) {
  const n = Math.min(detail.base.length, detail.head.length);
  const changes = [];
  for (let i = 0; i < n; i += 1) {
    const ratio = detail.higher ? detail.base[i] / detail.head[i] : detail.head[i] / detail.base[i];
    if (Number.isFinite(ratio)) {
      changes.push([i, ratio - 1]);
    }
  }
  const better = 1 / (1 + row.threshold) - 1;
  const worse = changes.filter(function (change) { return change[1] > row.threshold; }).length;
  return figure({
    title: 'Rounds: head against base',
    label: count(changes.length, 'pair') + ' in the order of time; ' + worse + ' of them worse by more than the threshold of '
      + percent(row.threshold).slice(1) + '.',
    legend: el('span', { class: 'legend quiet' }, 'up is worse; grey: threshold' + (row.effect[1] === null ? '' : '; tint: interval')),
    height: 226,
    columns: true,
    paint: function (svg, width, height) {
      const known = row.effect.filter(function (effect) { return effect !== null; });
      const [low, high] = range(changes.map(function (change) { return change[1]; }).concat(known, [row.threshold, better]), 0.08);
      const x = linear([0.4, n + 0.6], [LEFT, width - RIGHT]);
      const y = linear([low, high], [height - 34, 10]);
      const values = ticks(low, high, 5);
      svg.append(draw('rect', { class: 'band', x: LEFT, width: width - RIGHT - LEFT, y: y(row.threshold), height: y(better) - y(row.threshold) }));
      axisY(svg, values, y, LEFT, width - RIGHT, labelsOfPercent(values));
      svg.append(draw('line', { class: 'zero', x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0) }));
      const rounds = ticks(1, n, Math.min(n, width / 70)).filter(function (round) { return Number.isInteger(round) && round >= 1; });
      axisX(svg, rounds, x, height - 30, function (round) { return String((round - 1) * detail.step + 1); });
      const group = draw('g', { class: 'head ' + row.verdict });
      if (row.effect[1] !== null) {
        group.append(draw('rect', { class: 'interval', x: LEFT, width: width - RIGHT - LEFT, y: y(row.effect[2]), height: Math.max(y(row.effect[1]) - y(row.effect[2]), 1) }));
      }
      if (row.effect[0] !== null) {
        group.append(draw('line', { class: 'median', x1: LEFT, x2: width - RIGHT, y1: y(row.effect[0]), y2: y(row.effect[0]) }));
      }
      const spots = changes.map(function (change) { return [x(change[0] + 1), y(change[1])]; });
      group.append(draw('path', { class: 'thread', d: path(spots) }),
        draw('path', { class: 'dots head', d: spots.map(function (spot) { return mark('square', spot[0], spot[1], n > 300 ? 1.8 : 3.2); }).join('') }));
      svg.append(group);
      return changes.map(function (change, i) {
        return {
          x: spots[i][0], y: spots[i][1],
          text: 'round ' + (change[0] * detail.step + 1) + ': ' + percent(change[1]) + (change[1] > 0 ? ' (worse)' : change[1] < 0 ? ' (better)' : '')
            + ', base ' + show(detail.base[change[0]], detail.scale) + ', head ' + show(detail.head[change[0]], detail.scale),
        };
      });
    },
  });
}

/** The launches of sides that are not paired, one after the other in the order of time. */
function figureOfSequence(row, detail) {
  const stored = detail.method === 'stored';
  const unit = stored ? 'stored run' : 'base, launch';
  return figure({
    title: stored ? 'Stored runs, then head' : 'Launches in the order of time',
    label: count(detail.base.length, stored ? 'stored run' : 'value') + ' of base, then ' + detail.head.length + ' of head.',
    legend: legendOfSides(row.verdict),
    height: 226,
    paint: function (svg, width, height) {
      const all = detail.base.concat(detail.head);
      const [low, high] = range(all, 0.08);
      const x = linear([0, all.length + 1], [LEFT + 8, width - RIGHT]);
      const y = linear([low, high], [height - 34, 10]);
      const values = ticks(low, high, 5);
      axisY(svg, values, y, LEFT + 8, width - RIGHT, labels(values, detail.scale));
      const border = x(detail.base.length + 0.5);
      svg.append(draw('line', { class: 'zero', x1: border, x2: border, y1: 10, y2: height - 34 }));
      const points = [];
      let from = 0;
      for (const [name, launched, kind, word] of [['base', detail.base, 'dot', unit], ['head', detail.head, 'square', 'head, launch']]) {
        const spots = launched.map(function (value, i) { return [x(from + i + 1), y(value)]; });
        svg.append(draw('g', { class: name + ' ' + row.verdict },
          draw('path', { class: 'thread', d: path(spots) }),
          draw('path', { class: 'dots ' + name, d: spots.map(function (spot) { return mark(kind, spot[0], spot[1], all.length > 300 ? 1.8 : 3.2); }).join('') }),
          spots.length ? draw('text', { class: 'axis', x: (spots[0][0] + spots[spots.length - 1][0]) / 2, y: height - 14, 'text-anchor': 'middle' },
            stored && name === 'base' ? 'stored runs of base' : name) : null));
        launched.forEach(function (value, i) {
          points.push({ x: spots[i][0], y: spots[i][1], text: word + ' ' + (i + 1) + ': ' + show(value, detail.scale) });
        });
        from += launched.length;
      }
      return points;
    },
  });
}

/** A metric's family and quantile: `latency-p99` is 0.99 of `latency`, which itself is the median. */
function asQuantile(metric) {
  const found = /^(.*)-p(\d+(?:\.\d+)?)$/.exec(metric);
  return found ? { family: found[1], share: Number(found[2]) / 100, name: 'p' + found[2] } : { family: metric, share: 0.5, name: 'median' };
}

/** The rows of the same benchmark that state quantiles of the same quantity, ascending; none if there are too few. */
function quantilesOf(row) {
  const family = asQuantile(data.metrics[row.metric]).family;
  const found = data.rows.filter(function (other) {
    return other.title === row.title && asQuantile(data.metrics[other.metric]).family === family;
  }).map(function (other) { return { row: other, quantile: asQuantile(data.metrics[other.metric]) }; });
  found.sort(function (a, b) { return a.quantile.share - b.quantile.share; });
  return found.length > 2 && found.every(function (entry) { return entry.quantile.share > 0 && entry.quantile.share < 1; }) ? found : [];
}

/** Quantile curves of both sides; the axis stretches towards the slowest. */
function figureOfQuantiles(row, entries) {
  const detail = launchesOf(entries[entries.length - 1].row);
  const median = function (values) { return values.length ? quantile(ascending(values), 0.5) : NaN; };
  const curves = ['base', 'head'].map(function (side) {
    return entries.map(function (entry) { return median(launchesOf(entry.row)[side]); });
  });
  return figure({
    title: 'Quantiles of ' + asQuantile(data.metrics[row.metric]).family,
    label: entries.map(function (entry, i) {
      return entry.quantile.name + ': base ' + show(curves[0][i], detail.scale) + ', head ' + show(curves[1][i], detail.scale);
    }).join('; ') + '.',
    legend: legendOfSides(row.verdict),
    height: 226,
    paint: function (svg, width, height) {
      const place = function (share) { return -Math.log10(1 - share); };
      const shares = entries.map(function (entry) { return entry.quantile.share; });
      const x = linear([place(shares[0]), place(shares[shares.length - 1])], [LEFT + 22, width - RIGHT - 24]);
      const [low, high] = range(curves.flat().filter(Number.isFinite).concat([0]), 0.06);
      const y = linear([Math.max(low, 0), high], [height - 34, 10]);
      const values = ticks(Math.max(low, 0), high, 5);
      axisY(svg, values, y, LEFT + 8, width - RIGHT, labels(values, detail.scale));
      entries.forEach(function (entry) {
        axisX(svg, [entry.quantile.share], function (share) { return x(place(share)); }, height - 30, function () { return entry.quantile.name; });
      });
      const points = [];
      ['base', 'head'].forEach(function (side, i) {
        const spots = shares.map(function (share, k) { return [x(place(share)), y(curves[i][k])]; })
          .filter(function (spot) { return Number.isFinite(spot[1]); });
        svg.append(draw('g', { class: side + ' ' + row.verdict }, draw('path', { class: 'curve', d: path(spots) }),
          draw('path', { class: 'dots ' + side, d: spots.map(function (spot) { return mark(i ? 'square' : 'dot', spot[0], spot[1], 3.6); }).join('') })));
        entries.forEach(function (entry, k) {
          if (Number.isFinite(curves[i][k])) {
            points.push({ x: x(place(shares[k])), y: y(curves[i][k]), text: side + ', ' + entry.quantile.name + ': ' + show(curves[i][k], detail.scale) });
          }
        });
      });
      return points;
    },
  });
}
