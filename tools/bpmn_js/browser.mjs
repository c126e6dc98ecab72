// A page in a headless Chromium with scripts of installed packages; nothing is fetched from anywhere.
// The packages are those of `npm ci` in this folder, or in the folder that OYIFLOW_NODE names.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const home = process.env.OYIFLOW_NODE || dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(home, 'package.json'));
const { default: puppeteer } = await import(pathToFileURL(require.resolve('puppeteer-core')));
const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function chromium() {
  const path = process.env.CHROMIUM || USUAL.find(existsSync);
  if (!path) throw new Error('no Chromium found; set CHROMIUM to its path');
  return path;
}

export async function open(body) {
  const browser = await puppeteer.launch({
    executablePath: chromium(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1600, height: 900 });
  await page.setContent(`<!doctype html><meta charset="utf-8"><body style="margin:0">${body}</body>`);
  return { browser, page };
}

export async function script(page, name) {
  await page.addScriptTag({ content: readFileSync(require.resolve(name), 'utf8') });
}

export async function style(page, name) {
  await page.addStyleTag({ content: readFileSync(require.resolve(name), 'utf8') });
}
