// node mermaid.mjs [--png DIR] [--parse] FILE.mmd ...
// Renders each file with Mermaid (with --parse: only reads it) and prints one JSON object for each: error, the texts of the picture,
// how many nodes, arrows and lanes it has.
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { open, script } from './browser.mjs';

const words = process.argv.slice(2);
const at = words.indexOf('--png');
const pictures = at < 0 ? null : words.splice(at, 2)[1];
const only = words.indexOf('--parse') >= 0 && words.splice(words.indexOf('--parse'), 1).length > 0;
if (pictures) mkdirSync(pictures, { recursive: true });

const { browser, page } = await open('<div id="out"></div>');
await script(page, 'mermaid/dist/mermaid.min.js');
await page.evaluate(() => mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', maxEdges: 5000, maxTextSize: 500000 }));

const render = (text, number, parseOnly) =>
  page.evaluate(
    async (text, number, parseOnly) => {
      try {
        if (parseOnly) {
          const { diagramType } = await mermaid.parse(text);
          return { error: null, type: diagramType };
        }
        const { svg, diagramType } = await mermaid.render(`chart${number}`, text);
        const out = document.querySelector('#out');
        out.innerHTML = svg;
        const texts = (selector) => [...out.querySelectorAll(selector)].map((e) => e.textContent.replace(/\s+/g, ' ').trim());
        const box = out.querySelector('svg').getBoundingClientRect();
        return {
          error: null,
          type: diagramType,
          nodes: texts('.node .nodeLabel'),
          arrows: texts('.edgeLabel p').filter(Boolean),
          paths: out.querySelectorAll('.edgePaths path, path.flowchart-link').length,
          lanes: texts('.cluster-label .nodeLabel'),
          title: (out.querySelector('.flowchartTitleText, [class*=TitleText]') || {}).textContent || '',
          size: [box.width, box.height],
        };
      } catch (error) {
        return { error: String(error.message || error) };
      }
    },
    text,
    number,
    parseOnly,
  );

let number = 0;
for (const file of words) {
  const found = await render(readFileSync(file, 'utf8'), (number += 1), only);
  found.file = file;
  if (pictures && !found.error) {
    found.picture = join(pictures, `${basename(file, '.mmd')}.png`);
    await (await page.$('#out svg')).screenshot({ path: found.picture });
  }
  console.log(JSON.stringify(found));
}
await browser.close();
