// node drawio.mjs [--png DIR] FILE.drawio ...
// Opens each file with mxGraph, the engine of draw.io, and prints one JSON object for each: the containers, and where each step and
// the points of each arrow lie on the screen.
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { open, script } from './browser.mjs';

const words = process.argv.slice(2);
const at = words.indexOf('--png');
const pictures = at < 0 ? null : words.splice(at, 2)[1];
if (pictures) mkdirSync(pictures, { recursive: true });

const { browser, page } = await open('<div id="out" style="position:relative;overflow:hidden"></div>');
await page.evaluate(() => Object.assign(window, { mxBasePath: '', mxLoadResources: false, mxLoadStylesheets: false }));
await script(page, 'mxgraph/javascript/mxClient.js');

const load = (xml) =>
  page.evaluate((text) => {
    document.querySelector('#out').innerHTML = '';
    const file = new DOMParser().parseFromString(text, 'text/xml');
    if (file.querySelector('parsererror')) return { error: file.querySelector('parsererror').textContent };
    const graph = new mxGraph(document.querySelector('#out'));
    const sheet = graph.getStylesheet(); // what draw.io's own style sheet says
    Object.assign(sheet.getDefaultVertexStyle(), { fillColor: '#ffffff', strokeColor: '#000000', fontColor: '#000000' });
    Object.assign(sheet.getDefaultEdgeStyle(), { strokeColor: '#000000', fontColor: '#000000' });
    sheet.putCellStyle('swimlane', { ...sheet.getDefaultVertexStyle(), shape: 'swimlane', startSize: 23, verticalAlign: 'top', fontStyle: 1 });
    sheet.putCellStyle('text', { ...sheet.getDefaultVertexStyle(), fillColor: 'none', strokeColor: 'none', verticalAlign: 'top', align: 'left' });
    sheet.putCellStyle('edgeLabel', { ...sheet.getDefaultVertexStyle(), fillColor: 'none', strokeColor: 'none', labelBackgroundColor: '#ffffff' });
    graph.setHtmlLabels(false);
    const model = file.querySelector('mxGraphModel');
    new mxCodec(model.ownerDocument).decode(model, graph.getModel());
    const cells = Object.values(graph.getModel().cells);
    const box = (cell) => {
      const state = graph.view.getState(cell);
      return state && [state.x, state.y, state.width, state.height];
    };
    const bounds = graph.getGraphBounds();
    const out = document.querySelector('#out');
    out.style.width = `${bounds.x + bounds.width + 20}px`;
    out.style.height = `${bounds.y + bounds.height + 20}px`;
    const style = (cell) => cell.style || '';
    return {
      error: null,
      containers: cells.filter((c) => style(c).startsWith('swimlane')).map((c) => ({ id: c.id, name: c.value, box: box(c) })),
      nodes: cells.filter((c) => c.vertex && c.id.startsWith('s_')).map((c) => ({ id: c.id, box: box(c), parent: c.parent.id })),
      edges: cells
        .filter((c) => c.edge && c.id.startsWith('edge_'))
        .map((c) => ({ id: c.id, source: c.source?.id, target: c.target?.id, points: graph.view.getState(c).absolutePoints.map((p) => [p.x, p.y]) })),
    };
  }, xml);

for (const file of words) {
  const found = await load(readFileSync(file, 'utf8'));
  found.file = file;
  if (pictures && !found.error) {
    found.picture = join(pictures, `${basename(file, '.drawio')}.drawio.png`);
    await (await page.$('#out')).screenshot({ path: found.picture });
  }
  console.log(JSON.stringify(found));
}
await browser.close();
