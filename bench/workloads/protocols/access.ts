import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ratioBar } from '../../harness/bars.js';
import { OWN_BUILD } from '../../harness/builds.js';
import { runOnnx, served } from '../../harness/contestants.js';
import { MODELS } from '../../harness/models.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import { several } from '../../harness/several.js';
import { MODEL, startModel } from './contestants.js';

const ID = 'access-W1';
const CONNECTIONS = 32;
/** Of each kind: two processes of one build and one configuration differ by a twentieth. */
const SERVERS = 3;
const TITLE = `mlp-16x10, one row JSON, ${CONNECTIONS} connections: with an API key, a role, quotas, metering and an audited inference each, and open to all`;

/** What it costs that a server knows who calls, what they may, and what they have used. */
export function accessRow(): Row {
  return {
    id: ID,
    title: TITLE,
    async run(settings) {
      const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-access-'));
      try {
        return await rowWith(folder).run(settings);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** As the first key of a server is made. */
function createKey(store: string): string {
  const argv = ['keys', 'create', 'bench', '--grant', `caller=${MODEL}`, '--store', store];
  return execFileSync(process.execPath, [OWN_BUILD, ...argv], { encoding: 'utf8' }).trim();
}

function rowWith(parent: string): Row {
  const { mlp16: model } = MODELS;
  const rows = createRows(model, 1);
  const asked = (name: string, config: readonly string[], headers: Readonly<Record<string, string>>) => {
    const request = oipRequest(rows, { model: MODEL, input: model.input, format: 'json' });
    return served({
      name,
      start: startModel({ models: [{ name: MODEL, model }], config }),
      plan: {
        request: { ...request, headers: { ...request.headers, ...headers } },
        level: { kind: 'concurrency', concurrency: CONNECTIONS },
        rowsPerRequest: rows.count,
        generator: undefined,
      },
      expected: async () => (await runOnnx(model, rows, 0)).outputs,
    });
  };
  const guarded = (index: number): Contestant => {
    const folder = path.join(parent, String(index));
    const store = path.join(folder, 'store.db');
    const config = [
      `store: { path: ${store} }`,
      'auth: { required: true }',
      'quotas:',
      "  - { name: each, principal: 'key:*', requestsPerSecond: 1000000, concurrent: 1000 }",
      `  - { name: model, model: ${MODEL}, rowsPerSecond: 1000000 }`,
      `audit: { folder: ${path.join(folder, 'audit')}, inferences: metadata }`,
    ];
    return asked('access', config, { authorization: `Bearer ${createKey(store)}` });
  };
  const indices = Array.from({ length: SERVERS }, (_, index) => index);
  return interleavedRow({
    id: ID,
    title: TITLE,
    contestants: [several(indices.map(() => asked('open', [], {}))), several(indices.map(guarded))],
    bars: [ratioBar({ metric: 'cpuUsPerRequest', who: 'access', against: 'open', atMost: 1.12 })],
  });
}
