// node page.mjs FOLDER: reads the pages mixed, hostile, large, identical and error in it as people do, and says what does not hold.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inContext, open, start } from './browser.mjs';
import { checkLayout } from './layout.mjs';

const folder = process.argv[2];
const file = (name) => join(folder, `${name}.html`);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await start();
const failures = [];

function check(holds, what) {
  if (!holds) failures.push(what);
}

function same(found, expected, what) {
  check(JSON.stringify(found) === JSON.stringify(expected), `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
}

/** Nothing serious or critical for people who cannot see, hear or point. */
async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  for (const rule of violations.filter((rule) => ['serious', 'critical'].includes(rule.impact))) {
    failures.push(`${what}: ${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
  }
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const titles = (page) => page.$$eval('#table .opener .name', (names) => names.map((name) => name.textContent));
const result = (page) => page.textContent('.result');
/** A field of the address, which is written a little later. */
const field = (page, name) => () => new URLSearchParams(new URL(page.url()).hash.slice(1)).get(name);

/** Reads until it is as expected, for five seconds. */
async function eventually(read, expected, what) {
  let found = await read();
  for (let i = 0; i < 100 && JSON.stringify(found) !== JSON.stringify(expected); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await read();
  }
  same(found, expected, what);
}

/** Every page, on a desk and on a phone, in the light and in the dark: no complaint, nothing beyond the edge, accessible. */
async function everywhere() {
  // A hundred rows more are the same for axe, and slow; so are four looks at what holds no row.
  for (const [width, colorScheme, names] of [
    [1280, 'light', ['mixed', 'hostile', 'large', 'identical', 'error']], [1280, 'dark', ['mixed', 'error']],
    [360, 'light', ['mixed', 'large', 'identical']], [360, 'dark', ['mixed', 'hostile']],
  ]) {
    await inContext(browser, { viewport: { width, height: 800 }, colorScheme }, async (context) => {
      for (const name of names) {
        const { page, complaints } = await open(context, file(name));
        const what = `${name} at ${width} ${colorScheme}`;
        const openers = await page.$$('.opener');
        if (openers.length > 0) await openers[0].click();
        check(await overflow(page) <= 0, `${what}: wider than the window`);
        if (name !== 'large') await accessible(page, what);
        same(complaints, [], what);
        await page.close();
      }
    });
  }
}

async function searchesAndFilters(context) {
  const { page, complaints } = await open(context, file('mixed'));
  const all = await titles(page);
  same(await result(page), `${all.length} comparisons`, 'the result says how many');
  await page.keyboard.press('/');
  await page.keyboard.type('search P99');
  same(await titles(page), ['api/search', 'api/search'], 'search finds benchmark and metric');
  same(await result(page), `2 of ${all.length} comparisons`, 'the result says how many of how many');
  await eventually(field(page, 'search'), 'search P99', 'the address says what is searched');
  await page.keyboard.press('Escape');
  same(await titles(page), all, 'escape shows all');

  await page.click('.chip:has-text("improvement")');
  same(await titles(page), ['parser/small'], 'a verdict filters');
  await page.click('.chip:has-text("waived")');
  same(await titles(page), ['parser/waived', 'parser/small'], 'two verdicts show both');
  await eventually(field(page, 'verdict'), 'waived,improvement', 'the address says which verdicts');
  await page.click('.reset');
  await page.selectOption('#suite', 'db');
  same((await titles(page)).sort(), ['db/insert', 'db/select'], 'a suite filters');
  await page.fill('#search', 'nothing has this name');
  check((await page.textContent('#table tbody')).includes('No comparison fits'), 'an empty result says so');
  await page.click('.reset');

  await page.selectOption('#sort', 'name');
  same(await titles(page), [...all].sort(), 'sorted by name');
  await page.click('th.change .sorter');
  same(await page.getAttribute('th.change', 'aria-sort'), 'descending', 'a header says how it sorts');
  await page.click('th.change .sorter');
  same((await titles(page))[0], 'parser/small', 'the largest speed-up first');
  await eventually(field(page, 'sort'), '-change', 'the address says how it is sorted');
  same(complaints, [], 'searching');
  await page.close();
}

async function opensRows(context) {
  const { page, complaints } = await open(context, file('mixed'));
  await page.click('.opener:has-text("parser/large")');
  const detail = page.locator('tr.opened');
  same(await detail.count(), 1, 'one row is open');
  same(await detail.locator('figcaption .title').allTextContents(),
    ['Before and after: every launch', 'Rounds: head against base'], 'the plots of a paired row');
  check((await detail.textContent()).includes('[[waiver]]'), 'a regression says how to accept it');

  const plots = detail.locator('.plot');
  for (const [place, pattern] of [[0, /^(base|head), launch \d+: [\d.]+ ms$/], [1, /^round \d+: [+-][\d.]+ % .*base [\d.]+ ms, head [\d.]+ ms$/]]) {
    await plots.nth(place).scrollIntoViewIfNeeded();
    const dots = await plots.nth(place).locator('path.dots.head').boundingBox();
    await page.mouse.move(dots.x + dots.width / 2, dots.y + dots.height / 2);
    const text = await plots.nth(place).locator('.tip').textContent();
    check(pattern.test(text), `hovering plot ${place} says '${text}'`);
  }
  await plots.first().focus();
  await page.keyboard.press('ArrowRight');
  check(/^base, launch 1: /.test(await plots.first().locator('.tip').textContent()), 'arrow keys read the first launch');
  await page.keyboard.press('End');
  check(/^head, launch 20: /.test(await plots.first().locator('.tip').textContent()), 'and the last one');
  await detail.locator('summary').click();
  await eventually(() => detail.locator('.values tbody tr').count(), 20, 'every round is in the table');

  await page.click('.opener:has-text("db/select")');
  await page.click('.opener:has-text("api/search") >> nth=0');
  const all = await page.locator('figcaption .title').allTextContents();
  check(all.includes('Stored runs, then head'), 'stored runs are drawn in the order of time');
  check(all.includes('Quantiles of latency'), 'quantiles of a load test are drawn');
  same(complaints, [], 'opening');
  await page.close();
}

async function obeysTheKeyboard(context) {
  const { page, complaints } = await open(context, file('mixed'));
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('Tab');
  same(await focused(), 'Skip to the comparisons', 'the first stop skips the head of the page');
  await page.keyboard.press('/');
  same(await page.evaluate(() => document.activeElement.id), 'search', 'the slash goes to the search');
  await page.keyboard.press('ArrowDown');
  const [first, second] = await titles(page);
  same(await focused(), first, 'down goes to the first row');
  await page.keyboard.press('ArrowDown');
  same(await focused(), second, 'down goes to the next row');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check(outline !== 'none', 'the focus is visible');
  await page.keyboard.press('Enter');
  same(await page.locator('tr.opened').count(), 1, 'enter opens');
  await page.keyboard.press('Tab');
  check(await page.evaluate(() => document.activeElement.classList.contains('plot')), 'tab goes to the plot');
  await page.keyboard.press('Escape');
  same(await page.locator('tr.opened').count(), 0, 'escape closes');
  same(await focused(), second, 'and goes back to the row');
  await page.locator('#overview .plot').focus();
  await page.keyboard.press('ArrowRight');
  check(/regression/.test(await page.locator('#overview .tip').textContent()), 'the overview names its worst');
  await page.keyboard.press('Enter');
  same(await page.locator('tr.opened').count(), 1, 'and opens it');
  same(complaints, [], 'keyboard');
  await page.close();
}

async function sharesLinks(context) {
  const { page } = await open(context, file('mixed'));
  await page.click('.chip:has-text("regression") >> nth=0');
  await page.click('.opener:has-text("parser/large")');
  await eventually(field(page, 'open'), 'parser/large/1024|wall-time', 'the address says what is open');
  const hash = new URL(page.url()).hash;
  const names = await titles(page);
  await page.close();
  const shared = await open(context, file('mixed'), hash);
  same(await titles(shared.page), names, 'a link shows the same rows');
  same(await shared.page.locator('tr.opened').count(), 1, 'and the same open row');
  await shared.page.evaluate(() => { location.hash = 'verdict=improvement'; });
  await eventually(() => titles(shared.page), ['parser/small'], 'an address that is typed is obeyed');
  await shared.page.evaluate(() => { location.hash = 'open=__proto__&sort=constructor&suite=%00&verdict=x'; });
  await eventually(async () => (await titles(shared.page)).length > 20, true, 'an address of nonsense shows all');
  same(shared.complaints, [], 'links');
  await shared.page.close();
}

async function showsNamesAsText(context) {
  const { page, complaints } = await open(context, file('hostile'));
  for (const opener of await page.$$('.opener')) await opener.click();
  same(await page.locator('img, b, iframe, object, svg[onload], [onerror]').count(), 0, 'no name became an element');
  const texts = await titles(page);
  check(texts.some((text) => text.includes('<img src=x onerror=alert(1)>')), 'names are shown as they are');
  check(texts.includes('suite/</script><script>alert(1)</script>'), 'a name that ends a script is shown');
  check(!texts.some((text) => /[\u0000-\u001f\u202a-\u202e]/.test(text)), 'nothing invisible is shown');
  same(complaints, [], 'hostile names');
  await page.close();
  const other = await open(context, file('mixed'));
  const ran = await other.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    return Boolean(window.ran);
  });
  check(!ran, 'no other script runs');
  await other.page.close();
}

async function staysQuickWithManyRows(context) {
  const { page, complaints } = await open(context, file('large'));
  same(await page.locator('#table .opener').count(), 100, 'a part of the rows is drawn');
  await page.click('#more button');
  same(await page.locator('#table .opener').count(), 300, 'and more when asked for');
  await page.fill('#search', 'merge/mixed/4994');
  same(await result(page), '1 of 5000 comparisons', 'one of all is found');
  await page.locator('.opener').click();
  same(await page.locator('tr.opened figure').count(), 2, 'and drawn');
  await page.fill('#search', '');
  await page.locator('#overview .plot').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  check(await page.evaluate(() => document.activeElement.classList.contains('opener')), 'the overview goes to a row far down');
  same(complaints, [], 'many rows');
  await page.close();
}

async function saysWhatThereIsNot(context) {
  for (const [name, headline, words] of [
    ['identical', '44 identical', 'No benchmark was compared'], ['error', 'No benchmark was compared', 'never a pass'],
  ]) {
    const { page } = await open(context, file(name));
    same(await page.textContent('h1'), headline, `${name}: headline`);
    check((await page.textContent('body')).includes(words), `${name}: '${words}'`);
    check(await page.isHidden('#controls') && await page.isHidden('#overview'), `${name}: nothing to search`);
    await page.close();
  }
}

async function prints(context) {
  const { page } = await open(context, file('mixed'));
  await page.evaluate(() => addEventListener('beforeprint', () => { window.printed = document.querySelectorAll('tr.opened').length; }));
  const pdf = await page.pdf({ format: 'A4' });
  const printed = await page.evaluate(() => window.printed);
  check(pdf.length > 20_000, 'a printed page holds something');
  check(printed >= 8, `${printed} rows are printed with their details`);
  same(await page.locator('tr.opened').count(), 0, 'what was opened for printing is closed');
  await page.close();
}

async function readsWithoutScript(context) {
  const page = await context.newPage();
  await page.goto(pathToFileURL(file('mixed')).href);
  const text = await page.innerText('body');
  for (const words of ['The gate fails', 'parser/large/1024', '+8.', 'regression', 'index out of bounds', 'Without JavaScript', '[[waiver]]', 'AMD EPYC']) {
    check(text.includes(words), `without a script the page says '${words}'`);
  }
  check(await page.isHidden('#controls'), 'without a script there is nothing to type into');
  check(await overflow(page) <= 0, 'without a script nothing is too wide');
}

await everywhere();
const desk = { viewport: { width: 1280, height: 900 } };
for (const test of [
  searchesAndFilters, opensRows, obeysTheKeyboard, sharesLinks, showsNamesAsText, staysQuickWithManyRows, saysWhatThereIsNot, prints,
  readsWithoutScript,
]) {
  const options = { ...desk, javaScriptEnabled: test !== readsWithoutScript };
  await inContext(browser, options, test).catch((error) => failures.push(`${test.name}: ${error.message}`));
}
failures.push(...await checkLayout(browser, file('mixed')));
await browser.close();

for (const failure of failures) console.log(`page: ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);
