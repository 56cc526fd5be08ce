// node interactive.mjs FILE [RUNS]: the seconds until a page can be used, each time in a fresh browser, and until it answers a search
// and opens a row.

import { inContext, open, start } from './browser.mjs';

const [file, runs = '7'] = process.argv.slice(2);
const times = { interactive: [], search: [], open: [] };

/** Until the browser has painted what the step changed. */
const until = (page, step) => page.evaluate((step) => new Promise((resolve) => {
  const begin = performance.now();
  if (step === 'search') {
    const field = document.getElementById('search');
    field.value = 'large/1';
    field.dispatchEvent(new Event('input'));
  } else {
    document.querySelector('.opener').click();
  }
  requestAnimationFrame(() => setTimeout(() => resolve((performance.now() - begin) / 1000)));
}), step);

for (let run = 0; run < Number(runs); run += 1) {
  const browser = await start();
  await inContext(browser, { viewport: { width: 1280, height: 900 } }, async (context) => {
    // From the start of the navigation until all scripts have run, the page has been painted, and the next task can run.
    await context.addInitScript(() => addEventListener('DOMContentLoaded', () => {
      requestAnimationFrame(() => setTimeout(() => { window.ready = performance.now() / 1000; }));
    }));
    const { page } = await open(context, file);
    await page.waitForFunction(() => window.ready);
    times.interactive.push(await page.evaluate(() => window.ready));
    times.search.push(await until(page, 'search'));
    times.open.push(await until(page, 'open'));
  });
  await browser.close();
}
for (const [name, seconds] of Object.entries(times)) {
  const sorted = [...seconds].sort((a, b) => a - b);
  console.log(`${name}: median ${sorted[sorted.length >> 1].toFixed(3)} s, slowest ${sorted.at(-1).toFixed(3)} s of ${sorted.length}`);
}
