// Asks the YAML language server what an editor would show: completions and hover at marked places, and diagnostics.
//   node ask.mjs SCHEMA.json < request.json > answer.json
// request: {"files": {"name.yaml": "text with | where the cursor stands (at most one)"}}; answer: per file
// {"completions": [labels], "hover": text, "diagnostics": [[line, message]]}.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [schemaPath] = process.argv.slice(2);
const request = JSON.parse(readFileSync(0, "utf8"));
const server = join(dirname(createRequire(import.meta.url).resolve("yaml-language-server/package.json")), "bin", "yaml-language-server");
const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const waiting = new Map();
const diagnostics = new Map();
let buffer = Buffer.alloc(0);
let number = 0;

child.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});

function receive(message) {
  if (message.method === "textDocument/publishDiagnostics") {
    const { uri, diagnostics: found } = message.params;
    diagnostics.set(uri, found);
  } else if (message.id !== undefined && message.method) {
    const items = message.method === "workspace/configuration" ? message.params.items.map((item) => settings[item.section] ?? null) : null;
    send({ id: message.id, result: items });
  } else if (waiting.has(message.id)) {
    waiting.get(message.id)(message.result);
  }
}

function send(message) {
  const text = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  child.stdin.write(`Content-Length: ${text.length}\r\n\r\n`);
  child.stdin.write(text);
}

function ask(method, params) {
  const id = ++number;
  send({ id, method, params });
  return new Promise((done) => waiting.set(id, done));
}

const schema = pathToFileURL(resolve(schemaPath)).href;
const settings = { yaml: { schemas: { [schema]: "*.yaml" }, completion: true, hover: true, validate: true, schemaStore: { enable: false } } };
await ask("initialize", { processId: process.pid, rootUri: null, capabilities: { textDocument: { completion: {}, hover: {} }, workspace: { configuration: true } } });
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });

const answer = {};
for (const [name, marked] of Object.entries(request.files)) {
  const at = marked.indexOf("|");
  const text = at < 0 ? marked : marked.slice(0, at) + marked.slice(at + 1);
  const uri = `file:///flows/${name}`;
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  const found = (answer[name] = { completions: [], hover: "", diagnostics: [] });
  for (let turn = 0; turn < 100 && !diagnostics.has(uri); turn++) await new Promise((done) => setTimeout(done, 50));
  if (at >= 0) {
    const before = text.slice(0, at).split("\n");
    const position = { line: before.length - 1, character: before.at(-1).length };
    const completed = await ask("textDocument/completion", { textDocument: { uri }, position });
    found.completions = (completed?.items ?? completed ?? []).map((item) => item.label);
    const hover = await ask("textDocument/hover", { textDocument: { uri }, position });
    found.hover = typeof hover?.contents === "string" ? hover.contents : (hover?.contents?.value ?? "");
  }
  found.diagnostics = (diagnostics.get(uri) ?? []).map((one) => [one.range.start.line + 1, one.message]);
}
process.stdout.write(JSON.stringify(answer));
child.kill();
process.exit(0);
