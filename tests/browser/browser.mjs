// A headless Chromium for tests and measurements.

import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--font-render-hinting=none',
];

/** Starts a browser with an empty profile of its own. */
export function start() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });
}

/** Runs `use(context)` in a fresh context. */
export async function inContext(browser, options, use) {
  const context = await browser.newContext(options);
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

/** Opens a file, and collects whatever a page must not do: complain, or ask for anything but itself. */
export async function open(context, file, fragment = '') {
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const complaints = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    const asked = request.url();
    if (asked.split('#')[0] !== url && !asked.startsWith('data:')) complaints.push(`request: ${asked}`);
  });
  await page.goto(url + fragment);
  await page.waitForSelector('html[data-ready]', { state: 'attached', timeout: 30_000 });
  return { page, complaints };
}
