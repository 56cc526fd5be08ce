// Guards the layout: where things stand, and what the page looks like from afar. BENCHGATE_BLESS=1 writes the reference anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { inContext, open } from './browser.mjs';

const REFERENCE = new URL('layout.json', import.meta.url);
const WIDTHS = [1280, 360];
const PARTS = [
  'header', 'h1', 'nav', '#overview', '#controls', '#search', '.chips', '#table', '#table tbody tr.row', '#table td.picture svg', 'tr.opened .detail',
  'tr.opened figure', 'tr.opened .columns', 'tr.opened .next', '#states', '#budgets', '#method', '#environment', '#accept', 'footer',
];
/** Pixels that a part may have moved, or grown by; fonts are hinted differently from version to version. */
const TOLERANCE = 6;
/** Rows and columns of the picture from afar, and how far its mean grey may be off, of 255. */
const [ROWS, COLUMNS] = [90, 32];
const GREY = 2.5;

async function look(browser, file, width) {
  return inContext(browser, { viewport: { width, height: 900 }, reducedMotion: 'reduce' }, async (context) => {
    const { page } = await open(context, file);
    await page.evaluate(() => {
      document.documentElement.style.setProperty('--sans', '"DejaVu Sans"');
      document.documentElement.style.setProperty('--mono', '"DejaVu Sans Mono"');
    });
    await page.click('.opener:has-text("parser/large")');
    await page.waitForTimeout(200);
    const boxes = await page.evaluate((parts) => parts.map((part) => {
      const box = document.querySelector(part).getBoundingClientRect();
      return [box.left, box.width, box.height].map(Math.round);
    }), PARTS);
    await page.mouse.move(0, 0);
    const picture = (await page.screenshot({ fullPage: true })).toString('base64');
    const canvas = await context.newPage();
    const grey = await canvas.evaluate(async ([data, rows, columns]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const sheet = document.createElement('canvas');
      [sheet.width, sheet.height] = [columns, rows];
      const pen = sheet.getContext('2d');
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(image, 0, 0, columns, rows);
      const bytes = pen.getImageData(0, 0, columns, rows).data;
      return Array.from({ length: rows * columns }, (_, i) => Math.round((bytes[4 * i] + bytes[4 * i + 1] + bytes[4 * i + 2]) / 3));
    }, [picture, ROWS, COLUMNS]);
    return { boxes: Object.fromEntries(PARTS.map((part, i) => [part, boxes[i]])), grey: Buffer.from(grey).toString('base64') };
  });
}

/** What differs from the reference. */
export async function checkLayout(browser, file) {
  const found = {};
  for (const width of WIDTHS) found[width] = await look(browser, file, width);
  if (process.env.BENCHGATE_BLESS) {
    writeFileSync(REFERENCE, `${JSON.stringify(found, null, 1).replace(/\[\s+(\d+),\s+(\d+),\s+(\d+)\s+\]/g, '[$1, $2, $3]')}\n`);
    return [];
  }
  const reference = JSON.parse(readFileSync(REFERENCE, 'utf8'));
  const complaints = [];
  for (const width of WIDTHS) {
    for (const part of PARTS) {
      const [is, was] = [found[width].boxes[part], reference[width].boxes[part]];
      if (is.some((value, i) => Math.abs(value - was[i]) > Math.max(TOLERANCE, was[i] * 0.03))) {
        complaints.push(`layout at ${width}: '${part}' has left, width, height ${is}, not ${was}`);
      }
    }
    const [is, was] = [found[width].grey, reference[width].grey].map((text) => Buffer.from(text, 'base64'));
    const off = is.reduce((sum, value, i) => sum + Math.abs(value - was[i]), 0) / is.length;
    if (off > GREY) complaints.push(`layout at ${width}: the picture is off by ${off.toFixed(1)} of 255, ${GREY} are allowed`);
  }
  return complaints;
}
