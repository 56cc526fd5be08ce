// node gallery.mjs FROM TO: pictures of the page, the comment and the terminal, from the files that docs/gallery/make left in FROM.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { marked } from 'marked';
import { inContext, open, start } from './browser.mjs';

const [from, to] = process.argv.slice(2);
const style = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css'), 'utf8');
const browser = await start();

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The terminal's text with its colours, as spans. */
function terminal(text) {
  const names = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y' };
  let open = 0;
  const body = escape(text).replace(/\x1b\[([\d;]*)m/g, (_, codes) => {
    if (codes === '0' || codes === '') return '</span>'.repeat(open) + ((open = 0), '');
    open += 1;
    return `<span class="${codes.split(';').map((code) => names[code] ?? '').join(' ')}">`;
  });
  return `<!DOCTYPE html><meta charset="utf-8"><style>
    body { margin: 0; background: #0d1117; color: #d6dbe1; font: 14px/1.35 'DejaVu Sans Mono', monospace; padding: 16px 20px; width: max-content }
    pre { margin: 0; font: inherit }
    .b { font-weight: bold } .d { color: #8d96a0 } .r { color: #ff7b72 } .g { color: #56d364 } .y { color: #e3b341 }
    </style><pre><span style="color:#8d96a0">$ benchgate check</span>\n${body}</pre>`;
}

/** The comment as a pull request shows it. */
function comment(markdown) {
  return `<!DOCTYPE html><meta charset="utf-8"><style>${style}
    body { margin: 0; padding: 16px; box-sizing: border-box; background: #f6f8fa }
    .markdown-body { border: 1px solid #d0d7de; border-radius: 6px; padding: 16px; font-size: 14px }
    @media (prefers-color-scheme: dark) { body { background: #010409 } .markdown-body { border-color: #3d444d } }
    </style><article class="markdown-body">${marked.parse(markdown)}</article>`;
}

async function shot(name, html, options) {
  const file = join(from, `${name}.shot.html`);
  writeFileSync(file, html);
  await inContext(browser, { deviceScaleFactor: 2, ...options }, async (context) => {
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    const size = await page.evaluate(() => {
      const box = document.body.getBoundingClientRect();
      return { width: Math.ceil(box.width), height: Math.ceil(box.height) };
    });
    await page.screenshot({ path: join(to, `${name}.png`), clip: { x: 0, y: 0, ...size }, fullPage: true });
  });
}

await shot('terminal', terminal(readFileSync(join(from, 'terminal.txt'), 'utf8')), { viewport: { width: 1200, height: 800 } });
const markdown = readFileSync(join(from, 'comment.md'), 'utf8');
for (const colorScheme of ['light', 'dark']) {
  await shot(`comment-${colorScheme}`, comment(markdown), { viewport: { width: 860, height: 800 }, colorScheme });
}
for (const [name, width, colorScheme, height] of [['page-light', 1280, 'light'], ['page-dark', 1280, 'dark'], ['page-phone', 390, 'light', 1500]]) {
  await inContext(browser, { viewport: { width, height: height ?? 900 }, deviceScaleFactor: height ? 2 : 1, colorScheme }, async (context) => {
    const { page, complaints } = await open(context, join(from, 'page.html'));
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    await page.locator('.opener').first().click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(to, `${name}.png`), fullPage: !height });
  });
}
await browser.close();
