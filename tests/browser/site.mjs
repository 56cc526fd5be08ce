// node site.mjs FOLDER: reads the sites project, hostile and large in it as people do, and says what does not hold.

import { readFileSync, writeFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inContext, start } from './browser.mjs';

const folder = process.argv[2];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await start();
const failures = [];

/** The sites as a host of static files gives them out. */
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(request.url.split('?')[0])).replace(/\/$/, '/index.html');
  const kind = path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
  try {
    response.writeHead(200, { 'content-type': kind, 'x-content-type-options': 'nosniff' }).end(readFileSync(join(folder, path)));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const served = (name) => `http://127.0.0.1:${server.address().port}/${name}/`;
const onDisk = (name) => pathToFileURL(join(folder, name, 'index.html')).href;

function check(holds, what) {
  if (!holds) failures.push(what);
}

function same(found, expected, what) {
  check(JSON.stringify(found) === JSON.stringify(expected), `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
}

/** Reads until it is as expected, for five seconds. */
async function eventually(read, expected, what) {
  let found = await read();
  for (let i = 0; i < 100 && JSON.stringify(found) !== JSON.stringify(expected); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await read();
  }
  same(found, expected, what);
}

const ready = (page, view) => page.waitForSelector(`html[data-ready${view === undefined ? '' : `="${view}"`}]`, { state: 'attached', timeout: 30_000 });

/** Opens an address, and collects whatever the site must not do: complain, or ask for anything but itself. */
async function open(context, address, fragment = '') {
  const page = await context.newPage();
  const [complaints, requests] = [[], []];
  const own = address.replace(/index\.html$/, '');
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    const asked = request.url();
    if (asked.startsWith(own)) requests.push(asked.slice(own.length).split(/[?#]/)[0]);
    else if (!asked.startsWith('data:')) complaints.push(`request: ${asked}`);
  });
  await page.goto(address + fragment);
  await ready(page);
  return { page, complaints, requests };
}

/** Nothing serious or critical for people who cannot see, hear or point. */
async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  for (const rule of violations.filter((rule) => ['serious', 'critical'].includes(rule.impact))) {
    failures.push(`${what}: ${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
  }
}

const names = (page) => page.$$eval('.rows .subject .name', (all) => all.map((name) => name.textContent));
const field = (page, name) => () => new URLSearchParams(new URL(page.url()).hash.split('?')[1] ?? '').get(name);
/** The address of the first series whose name holds a text. */
const seriesOf = (page, text) => page.locator('.rows .subject a', { hasText: text }).first().getAttribute('href');

/** Every view, from a disk and from a host, on a desk and on a phone, in the light and in the dark. */
async function everywhere() {
  for (const [width, colorScheme, place] of [[1280, 'light', onDisk], [1280, 'dark', served], [390, 'light', served], [390, 'dark', onDisk]]) {
    await inContext(browser, { viewport: { width, height: 800 }, colorScheme }, async (context) => {
      for (const name of ['project', 'hostile', 'turns']) {
        const { page, complaints } = await open(context, place(name));
        const series = await page.locator('.rows .subject a').first().getAttribute('href');
        for (const hash of ['#/', series, '#/compare?show=all']) {
          await page.evaluate((hash) => { document.documentElement.removeAttribute('data-ready'); location.hash = hash; if (hash === '#/') dispatchEvent(new HashChangeEvent('hashchange')); }, hash);
          await ready(page);
          await page.waitForLoadState('networkidle');
          const what = `${name} ${hash} at ${width} ${colorScheme}`;
          check(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${what}: wider than the window`);
          await accessible(page, what);
        }
        same(complaints, [], `${name} at ${width} ${colorScheme}`);
        await page.close();
      }
    });
  }
}

async function tellsWhatChanged(context) {
  const { page, complaints, requests } = await open(context, served('project'));
  same(requests.slice().sort(), ['', 'data/overview.js', 'data/runs.js'], 'the overview loads no series');
  same(await page.textContent('h1'), '2 worse, 1 better over the last 100 runs', 'the answer comes first');
  const feed = await page.$$eval('.feed > li', (all) => all.map((entry) => entry.textContent));
  check(feed[0].includes('codec/encode') && feed[0].includes('worse'), `the newest change comes first: ${feed[0]}`);
  const times = await page.$$eval('.feed .when', (all) => all.map((one) => one.textContent));
  same(times, times.slice().sort().reverse(), 'changes come in the order of time');
  await page.click('.chip[data-kind="better"]');
  check((await page.$$eval('.feed .way', (all) => all.every((one) => one.classList.contains('gain')))), 'only what became better is shown');
  await eventually(field(page, 'changes'), 'better', 'and the address says so');
  same(await page.getAttribute('.feed .where a', 'href'), `https://github.com/owner/name/commit/${await page.getAttribute('.feed .where bdi', 'title')}`, 'commits lead to the repository');
  const movers = await page.$$eval('.movers > div', (all) => all.map((one) => one.textContent));
  check(movers[0].includes('codec/encode') && movers[1].includes('parser/parse'), `movers: ${movers}`);
  same(complaints, [], 'what changed');
  await page.close();
}

async function tellsMachinesApart(context) {
  const { page, complaints } = await open(context, served('turns'));
  same(await page.textContent('h1'), '1 worse, 0 better, 1 other changed over the last 100 runs', 'levels of the machine that measured last, also where no direction is known');
  same(await page.$$eval('.movers h3', (all) => all.map((one) => one.textContent)), ['Became worse', 'Became better', 'Changed, better direction unknown'], 'movers of every kind');
  same(await page.$$eval('.movers > div', (all) => all.map((one) => (one.querySelector('.name, a') || { textContent: '' }).textContent)), ['a/rate', '', 'plain'], 'each where it belongs');
  const now = (name) => page.locator('.rows tbody tr', { hasText: name }).locator('td.level').textContent();
  check((await now('a/rate')).startsWith('400') || (await now('a/rate')).startsWith('399'), `what it has now: ${await now('a/rate')}`);
  check((await now('a/gone')).includes('until 2026-01-'), `what it had at last: ${await now('a/gone')}`);
  await page.setViewportSize({ width: 390, height: 800 });
  await page.locator('.rows .subject a', { hasText: 'a/rate' }).click();
  await page.waitForSelector('.canvas text.machine');
  const spans = await page.evaluate(() => {
    const lines = [...document.querySelectorAll('.plot line.machine')].map((line) => Number(line.getAttribute('x1')));
    return [...document.querySelectorAll('.plot text.machine')].map((text) => {
      const box = text.getBBox();
      return lines.some((line) => box.x < line && box.x + box.width > line);
    });
  });
  check(spans.length > 0 && !spans.includes(true), `names stand in their own spans: ${spans}`);
  check(await page.evaluate(() => document.querySelector('.steps').scrollWidth <= document.documentElement.clientWidth), 'changes fit a phone');
  same(complaints, [], 'machines');
  await page.close();
}

async function showsASingleRun(context) {
  const { page, complaints } = await open(context, served('single'));
  same(await page.textContent('h1'), 'No series changed over the last 1 run', 'one run');
  check((await page.getAttribute('.spark .dots', 'd')).length > 0, 'one value is a dot');
  await page.click('.rows .subject a');
  await page.waitForSelector('.plot .levels', { state: 'attached' });
  const [left, right] = await page.$eval('.plot .levels', (path) => { const box = path.getBBox(); return [box.x, box.x + box.width]; });
  check(left >= 70 && right > left, `its level is beside the axis: ${left} to ${right}`);
  await page.evaluate(() => { document.documentElement.removeAttribute('data-ready'); location.hash = '#/compare'; });
  await ready(page);
  same(await page.textContent('h1'), 'Choose two commits', 'one commit is not compared with itself');
  same(complaints, [], 'a single run');
  await page.close();
}

async function findsSeries(context) {
  const { page, complaints } = await open(context, onDisk('project'));
  const all = await names(page);
  same(await page.textContent('.result'), `${all.length} series`, 'all series are listed');
  await page.keyboard.press('/');
  await page.keyboard.type('PARSE rss');
  same(await names(page), ['parser/parse'], 'search finds name and metric');
  same(await page.textContent('.result'), `1 of ${all.length} series`, 'and says how many');
  await page.keyboard.press('Escape');
  same(await names(page), all, 'escape shows all');
  await page.click('.chip[data-suite="codec"]');
  check((await names(page)).every((name) => name.startsWith('codec/')), 'a suite is chosen');
  await eventually(field(page, 'suite'), 'codec', 'and the address says so');
  await page.selectOption('#choice-sort', 'name');
  const sorted = await names(page);
  same(sorted, sorted.slice().sort(), 'sorted by name');
  await eventually(field(page, 'sort'), 'name', 'and the address says so');
  await page.reload();
  await ready(page);
  same(await names(page), sorted, 'a link shows the same');
  await page.click('.reset');
  same((await names(page)).length, all.length, 'reset shows all');
  same(complaints, [], 'finding series');
  await page.close();
}

async function zooms(context) {
  const { page, complaints, requests } = await open(context, served('project'));
  const hash = await seriesOf(page, 'codec/encode');
  await page.click(`a[href="${hash}"]`);
  await ready(page, hash.slice(2));
  same(requests.filter((one) => one.startsWith('series/')).length, 1, 'one series is loaded, of all');
  same(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the keyboard goes where the eye goes');
  const span = () => page.textContent('.tools .span');
  check((await span()).startsWith('200 runs, 2026-01-01'), `all runs to begin with: ${await span()}`);
  same(await page.locator('.canvas line.machine').count(), 2, 'another machine is drawn, in the picture and in the legend');
  same(await page.locator('.canvas:not(.map) .flag.worse').count(), 1, 'the change is drawn');
  const box = await page.locator('.canvas:not(.map)').first().boundingBox();
  const drag = async (from, to) => {
    await page.mouse.move(box.x + box.width * from, box.y + 150);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * (from + to) / 2, box.y + 150);
    await page.mouse.move(box.x + box.width * to, box.y + 150);
    await page.mouse.up();
  };
  await drag(0.5, 0.9);
  check(/^runs \d+ to \d+ of 200/.test(await span()), `dragged: ${await span()}`);
  const zoomed = await span();
  await eventually(async () => /^\d+-\d+$/.test(await field(page, 'zoom')()), true, 'the address says the span');
  await page.reload();
  await ready(page);
  same(await span(), zoomed, 'a link shows the same span');
  await page.getByRole('button', { name: 'Earlier runs' }).click();
  check(await span() !== zoomed, 'earlier runs');
  await page.getByRole('button', { name: 'Show all runs' }).click();
  await eventually(field(page, 'zoom'), null, 'all runs have no field');
  await page.getByRole('button', { name: /^Look closer/ }).first().click();
  check(/^runs/.test(await span()), 'a change is looked at closer');
  await page.locator('.canvas:not(.map)').first().focus();
  await page.keyboard.press('0');
  check((await span()).startsWith('200 runs'), '0 shows all');
  await page.keyboard.press('Home');
  const first = await page.textContent('.tip');
  check(/^[\d.]+ .s · 2026-01-01 00:00 · [0-9a-f]{9} · old-machine$/.test(first), `a value is read: ${first}`);
  await page.keyboard.press('ArrowRight');
  check(await page.textContent('.tip') !== first, 'the next one');
  await page.keyboard.press('+');
  check(/^runs/.test(await span()), 'plus zooms');
  await page.keyboard.press('Enter');
  check((await page.textContent('.card')).includes('commit '), 'Enter chooses a run');
  const at = await page.getAttribute('.card bdi', 'title');
  await eventually(field(page, 'at'), at, 'the address says which');
  same(await page.getAttribute('.card a', 'href'), `https://github.com/owner/name/commit/${at}`, 'its commit leads to the repository');
  const map = await page.locator('.map').boundingBox();
  await page.mouse.move(map.x + map.width * 0.7, map.y + 20);
  await page.mouse.down();
  await page.mouse.move(map.x + map.width * 0.95, map.y + 20, { steps: 4 });
  await page.mouse.up();
  check(/ to (19\d|18\d) of 200/.test(await span()), `the map chooses a span: ${await span()}`);
  await page.locator('summary').click();
  await page.waitForSelector('.plain tbody tr');
  check(await page.locator('.plain tbody tr').count() > 10, 'values are a table, too');
  await page.goBack();
  await ready(page, 'overview/');
  check((await page.textContent('h1')).includes('worse'), 'back to the overview');
  same(complaints, [], 'a series');
  await page.close();
}

async function comparesCommits(context) {
  const { page, complaints } = await open(context, served('project'), '#/compare');
  same(await page.textContent('h1'), '1 worse, 1 better from A to B', 'the newest run against one fifty before');
  same((await names(page))[0], 'codec/encode', 'the worst first');
  const row = page.locator('.rows tbody tr').first();
  await eventually(async () => / → /.test(await row.locator('.seen').textContent()), true, 'the values of the two runs come later');
  const commits = await page.$$eval('#commits-a option', (all) => all.map((one) => one.value));
  check(commits.length > 10, 'commits are proposed');
  await page.fill('#side-a', commits[5].slice(0, 10));
  await eventually(field(page, 'a'), commits[5], 'a commit is found by the beginning of its id');
  same(await page.textContent('h1'), '0 worse, 0 better from A to B', 'nothing changed in the last five runs');
  await page.click('.chip');
  check((await names(page)).length > 3, 'all series are shown when asked for');
  await page.fill('#side-a', 'feedbee');
  check((await page.textContent('.sides')).includes('No run of this commit'), 'an unknown commit is said');
  await page.reload();
  await ready(page);
  same(await page.inputValue('#side-a'), commits[5], 'a link shows the same commits');
  same(complaints, [], 'comparing');
  await page.close();
}

async function showsNamesAsText(context) {
  const { page, complaints } = await open(context, onDisk('hostile'));
  same(await page.locator('img, b, iframe, object, svg[onload], [onerror]').count(), 0, 'no name became an element');
  check((await names(page)).some((name) => name.includes('</script><img src=x onerror=alert(1)>')), 'names are shown as they are');
  check(!(await page.textContent('body')).match(/[\u0000-\u0008\u202a-\u202e]/), 'nothing invisible is shown');
  same(await page.locator('a[href^="javascript:"]').count(), 0, 'no name became an address');
  for (const link of await page.$$eval('.rows .subject a', (all) => all.map((one) => one.getAttribute('href')))) {
    await page.evaluate((hash) => { document.documentElement.removeAttribute('data-ready'); location.hash = hash; }, link);
    await ready(page);
    check((await page.textContent('h1')) !== 'This cannot be shown', `${link} is shown`);
  }
  same(complaints, [], 'hostile names');
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    return Boolean(window.ran);
  });
  check(!ran, 'no other script runs');
  await page.close();
}

async function staysQuickWithManySeries(context) {
  const { page, complaints, requests } = await open(context, served('large'));
  same(await page.locator('.rows tbody tr').count(), 100, 'a part of the rows is drawn');
  await page.click('.more button >> nth=-1');
  same(await page.locator('.rows tbody tr').count(), 300, 'and more when asked for');
  await page.fill('#search', 'bench/1999');
  same(await page.textContent('.result'), '1 of 2000 series', 'one of all is found');
  await page.click('.rows .subject a');
  await page.waitForSelector('.canvas svg');
  same(requests.filter((one) => one.startsWith('series/')).length, 1, 'one file is loaded for it');
  same(complaints, [], 'many series');
  await page.close();
}

async function saysWhatCannotBeShown(context) {
  const { page } = await open(context, onDisk('project'), '#/series/no-such');
  same(await page.textContent('h1'), 'There is no such series', 'an address of nothing');
  await page.goto(`${onDisk('project')}#/?search=%00&sort=constructor&suite=__proto__&span=-1`);
  await page.reload();
  await ready(page);
  check((await page.textContent('h1')).includes('worse'), 'an address of nonsense is harmless');
  await page.close();
  const visit = await open(context, onDisk('project'));
  const link = await seriesOf(visit.page, 'codec/encode');
  await visit.page.close();
  const file = join(folder, 'project', 'series', `${link.split('/').pop()}.js`);
  const content = readFileSync(file, 'utf8');
  renameSync(file, `${file}.away`);
  const missing = await open(context, onDisk('project'), link);
  check((await missing.page.textContent('main')).includes('Cannot load series/'), 'a file that is not there is said');
  await missing.page.close();
  writeFileSync(file, content.replace(/"stamp":"[0-9a-f]+"/, '"stamp":"00000000"'));
  const stale = await open(context, onDisk('project'), link);
  check((await stale.page.textContent('main')).includes('written anew'), 'a file of another time is said');
  await stale.page.close();
  renameSync(`${file}.away`, file);
}

async function readsWithoutScript(context) {
  const page = await context.newPage();
  await page.goto(onDisk('project'));
  const text = await page.innerText('body');
  check(text.includes('my project') && text.includes('take JavaScript') && text.includes('series of'), `without a script: ${text}`);
}

await everywhere();
const desk = { viewport: { width: 1280, height: 900 } };
for (const test of [
  tellsWhatChanged, tellsMachinesApart, showsASingleRun, findsSeries, zooms, comparesCommits, showsNamesAsText, staysQuickWithManySeries, saysWhatCannotBeShown, readsWithoutScript,
]) {
  const options = { ...desk, javaScriptEnabled: test !== readsWithoutScript };
  await inContext(browser, options, test).catch((error) => failures.push(`${test.name}: ${error.message}`));
}
await browser.close();
server.close();

for (const failure of failures) console.log(`site: ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);
