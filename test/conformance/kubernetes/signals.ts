import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { HttpClient } from '../harness/http.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { Prometheus } from '../harness/prometheus.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import { CHART, type Tools } from './tools.js';

const SIGNATURE = "inputs: { x: 'FP32[-1,1]' }, outputs: { y: 'FP32[-1,1]' }";
/** Slower than requests come. */
const SLOW = `export default { ${SIGNATURE}, infer: async ({ inputs }) => { await new Promise((done) => setTimeout(done, 50)); return { y: inputs.x.data }; } };\n`;
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] });
const CONCURRENCY = 16;

/** Every query of docs/kubernetes.md and the chart's own, by a Prometheus that scrapes a server under load as the operator would: each has to give a number above 0. */
export async function checkSignals(tally: Tally, tools: Tools): Promise<void> {
  const page = readFileSync(inRoot('docs/kubernetes.md'), 'utf8');
  const queries = [...page.matchAll(/^```promql\n(.*?)^```/gms)].map(([, text = '']) =>
    text.replace(/^#.*\n/gm, '').trim(),
  );
  tally.check(queries.length >= 4, `docs/kubernetes.md has ${queries.length} queries`);
  const folder = emptyFolder('kubernetes-signals');
  mkdirSync(path.join(folder, 'models/slow/1'), { recursive: true });
  writeFileSync(path.join(folder, 'models/slow/model.yaml'), 'maxBatchSize: 2\n');
  writeFileSync(path.join(folder, 'models/slow/1/model.js'), SLOW);
  const store = { path: path.join(folder, 'store.db') };
  writeFileSync(path.join(folder, 'millrace.yaml'), JSON.stringify({ store }));
  const server = await startServer([path.join(folder, 'models'), '--config', path.join(folder, 'millrace.yaml')]);
  const client = new HttpClient(server.url, CONCURRENCY + 1);
  let ended = false;
  const work = async (headers = {}) => {
    while (!ended) await client.send({ path: '/v2/models/slow/infer', body: BODY, headers });
  };
  try {
    const targets = [new URL(server.metricsUrl).host];
    const job = { static_configs: [{ targets, labels: { namespace: 'models', service: 'millrace' } }] };
    await using prometheus = await Prometheus.start(path.join(folder, 'prometheus'), job);
    const workers = Array.from({ length: CONCURRENCY }, () => work());
    // Jobs wait behind requests, so that the oldest of them has an age.
    for (let count = 0; count < 50; count++) {
      await client.send({ path: '/v2/models/slow/infer', body: BODY, headers: { prefer: 'respond-async' } });
    }
    try {
      for (const query of [...queries, queryOfChart(tools)]) {
        const last = await prometheus.expectAbove0(query);
        tally.check(last === undefined, `${query}: ${last}`);
      }
    } finally {
      ended = true;
      await Promise.all(workers);
    }
  } finally {
    client.close();
    await server.stop();
  }
}

/** That of the chart's ScaledObject. */
function queryOfChart({ helm }: Tools): string {
  const values = 'allowAnonymous=true,models.existingClaim=m,keda.enabled=true,keda.prometheusAddress=http://p';
  const args = [
    'template',
    'millrace',
    CHART,
    '--namespace',
    'models',
    '--set',
    values,
    '--show-only',
    'templates/scaledobject.yaml',
  ];
  return parse(execFileSync(helm, args, { encoding: 'utf8' })).spec.triggers[0].metadata.query;
}
