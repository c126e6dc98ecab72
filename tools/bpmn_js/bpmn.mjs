// node bpmn.mjs [--png DIR] FILE.bpmn ...
// Opens each file with bpmn-js, all of its planes, and prints what was found as JSON, one object for each file:
// warnings of the import, lanes, pools, how many shapes and connections each plane shows; names of pictures with --png.
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { open, script, style } from './browser.mjs';

const words = process.argv.slice(2);
const at = words.indexOf('--png');
const pictures = at < 0 ? null : words.splice(at, 2)[1];
if (pictures) mkdirSync(pictures, { recursive: true });

const { browser, page } = await open('<div id="canvas" style="width:100vw;height:100vh"></div>');
await style(page, 'bpmn-js/dist/assets/diagram-js.css');
await style(page, 'bpmn-js/dist/assets/bpmn-js.css');
await script(page, 'bpmn-js/dist/bpmn-navigated-viewer.production.min.js');

const load = (xml) =>
  page.evaluate(async (text) => {
    window.viewer?.destroy();
    window.viewer = new BpmnJS({ container: '#canvas' });
    try {
      const { warnings } = await window.viewer.importXML(text);
      const all = window.viewer.get('elementRegistry').getAll();
      const named = (type) => all.filter((e) => e.type === type && !e.labelTarget).map((e) => [e.y, e.x, e.businessObject.name]);
      const planes = window.viewer.get('canvas').getRootElements().map((root) => root.id);
      const byPlane = planes.map((plane) => {
        const on = all.filter((e) => !e.labelTarget && window.viewer.get('canvas').findRoot(e)?.id === plane && e.parent);
        return { plane, shapes: on.filter((e) => !e.waypoints).length, connections: on.filter((e) => e.waypoints).length };
      });
      const box = window.viewer.get('canvas').viewbox().inner;
      return {
        warnings: warnings.map((w) => w.message),
        lanes: named('bpmn:Lane').sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((l) => l[2]),
        pools: named('bpmn:Participant').map((p) => p[2]),
        planes: byPlane,
        size: [box.width, box.height],
      };
    } catch (error) {
      return { warnings: [`not opened: ${error.message}`, ...(error.warnings || []).map((w) => w.message)], lanes: [], pools: [], planes: [] };
    }
  }, xml);

const picture = async (plane, path) => {
  const size = await page.evaluate((name) => {
    const canvas = window.viewer.get('canvas');
    canvas.setRootElement(canvas.getRootElements().find((root) => root.id === name));
    const { width, height } = canvas.viewbox().inner;
    return [width, height];
  }, plane);
  await page.setViewport({ width: Math.ceil(Math.max(size[0], 200)) + 60, height: Math.ceil(Math.max(size[1], 100)) + 60 });
  await page.evaluate(() => {
    window.viewer.get('canvas').resized();
    const { x, y } = window.viewer.get('canvas').viewbox().inner;
    window.viewer.get('canvas').viewbox({ x: x - 30, y: y - 30, width: innerWidth, height: innerHeight });
  });
  await page.screenshot({ path });
};

for (const file of words) {
  const found = await load(readFileSync(file, 'utf8'));
  found.file = file;
  found.pictures = [];
  for (const { plane } of pictures ? found.planes : []) {
    const path = join(pictures, `${basename(file, '.bpmn')}${found.pictures.length ? '.' + found.pictures.length : ''}.png`);
    await picture(plane, path);
    found.pictures.push(path);
  }
  console.log(JSON.stringify(found));
}
await browser.close();
