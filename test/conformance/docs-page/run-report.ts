import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';

const LIMIT_MS = 600_000;
const KEYS = [
  { name: 'ada', key: 'a-key-of-ada-0123456789', scopes: ['infer', 'observe', 'manage'] },
  { name: 'eve', key: 'a-key-of-eve-0123456789', scopes: ['observe'] },
];
const MODEL =
  "export default { inputs: { x: 'INT32[1]' }, outputs: { y: 'INT32[1]' }, infer: ({ inputs }) => ({ y: inputs.x.data }) };\n";

interface ReportParts {
  /** A folder with the browser's drivers. */
  readonly packages: string;
  readonly chromium: string;
  /** For screenshots, the model and the store. */
  readonly folder: string;
  readonly tally: Tally;
}

/** Chromium shows the report of a rollout to who may only look, and to who approves and aborts it there. */
export async function runReport({ packages, chromium, folder, tally }: ReportParts): Promise<void> {
  const repository = path.join(folder, 'rolled-out');
  for (const version of ['3', '4']) {
    mkdirSync(path.join(repository, 'fraud', version), { recursive: true });
    writeFileSync(path.join(repository, 'fraud', version, 'model.js'), MODEL);
  }
  writeFileSync(path.join(repository, 'fraud/model.yaml'), 'versions: all\n');
  const config = path.join(folder, 'report.yaml');
  const bindings = [{ principal: 'key:ada', role: 'approver' }];
  writeFileSync(
    config,
    JSON.stringify({ auth: { keys: KEYS, bindings }, store: { path: path.join(folder, 'store.db') } }),
  );
  const explicit = ['--model-control-mode', 'explicit', '--load-model', '*'];
  const server = await startServer([repository, '--config', config, ...explicit]);
  try {
    const driver = inRoot('test/conformance/docs-page/report.mjs');
    const args = [driver, server.url, packages, chromium, folder, ...KEYS.map(({ key }) => key)];
    const said = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: LIMIT_MS, cwd: inRoot() });
    tally.adopt('report.mjs', said);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
}
