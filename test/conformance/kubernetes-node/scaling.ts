import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { Prometheus } from '../harness/prometheus.js';
import type { Tally } from '../harness/tally.js';
import { type Cluster, NAMESPACE, RELEASE, until } from './cluster.js';
import { followReady, Load } from './load.js';
import { loadOf, ROW } from './rolling.js';

const ONE = { name: 'x', datatype: 'FP32', shape: [1], data: [1] };
const LIMIT_MS = 240_000;
/** Down again within seconds. */
const QUICKLY = {
  scaleDown: { stabilizationWindowSeconds: 5, policies: [{ type: 'Percent', value: 100, periodSeconds: 5 }] },
};

interface Scaling {
  readonly tally: Tally;
  readonly cluster: Cluster;
  /** File for the times. */
  readonly report: string;
}

/** HPA by CPU and KEDA by the delay of the queue: 1 → n → 1; KEDA from 0 by a trigger outside. */
export async function checkScaling({ tally, cluster, report }: Scaling): Promise<void> {
  await cluster.script('scaling');
  const lines: string[] = [];
  const count = async (field: string) => Number(await cluster.field(['deployment', RELEASE], field));
  const replicas = () => count('.spec.replicas');
  const ready = () => count('.status.readyReplicas');
  const describe = () => cluster.kubectl('describe', 'hpa');
  const becomes = (isSo: (count: number) => boolean) =>
    until(async () => isSo(await replicas()), { limitMs: LIMIT_MS, describe });
  const upgrade = async (name: string, values: object) => {
    const file = path.join(path.dirname(report), `${name}.json`);
    writeFileSync(file, JSON.stringify(values));
    await cluster.upgrade('--values', file);
  };

  await upgrade('hpa', {
    replicas: 1,
    hpa: { enabled: true, maxReplicas: 2, targetCPUUtilizationPercentage: 80, behavior: QUICKLY },
  });
  {
    await using _load = new Load(cluster, await loadOf(cluster, { model: 'mlp', inputs: [ROW], concurrency: 8 }));
    lines.push(`HPA by CPU, load to 2 replicas: ${await becomes((count) => count === 2)} ms`);
  }
  lines.push(`HPA by CPU, end of the load to 1 replica: ${await becomes((count) => count === 1)} ms`);
  tally.pass(2);

  await using prometheus = await startPrometheus(cluster);
  const keda = {
    enabled: true,
    maxReplicas: 2,
    prometheusAddress: prometheus.url,
    queueDelayMs: 100,
    pollingIntervalSeconds: 2,
    cooldownPeriodSeconds: 5,
    behavior: QUICKLY,
  };
  await upgrade('keda', { hpa: { enabled: false }, keda });
  {
    await using _load = new Load(cluster, await loadOf(cluster, { model: 'slow', inputs: [ONE], concurrency: 12 }));
    lines.push(`KEDA by the queue, load to 2 replicas: ${await becomes((count) => count === 2)} ms`);
  }
  lines.push(`KEDA by the queue, end of the load to 1 replica: ${await becomes((count) => count === 1)} ms`);
  tally.pass(2);

  let depth = 0;
  await using source = await serveDepth(() => depth);
  const trigger = {
    type: 'metrics-api',
    metadata: { url: source.url, valueLocation: 'depth', targetValue: '5', activationTargetValue: '0' },
  };
  await upgrade('zero', { keda: { ...keda, minReplicas: 0, triggers: [trigger] } });
  lines.push(`KEDA, nothing to do to 0 replicas: ${await becomes((count) => count === 0)} ms`);
  depth = 3;
  lines.push(
    `KEDA, signal outside to a ready pod, from 0: ${await until(async () => (await ready()) >= 1, { limitMs: LIMIT_MS, describe })} ms`,
  );
  tally.pass(2);
  writeFileSync(report, `${lines.map((line) => `- ${line}`).join('\n')}\n`);
}

/** Prometheus that asks the ready pods of the release, with the labels that its operator gives. Debian's has no discovery for Kubernetes of its own. */
async function startPrometheus(cluster: Cluster): Promise<{ readonly url: string } & AsyncDisposable> {
  const folder = emptyFolder('kubernetes-node/prometheus');
  const credentials = await cluster.keyOf('prometheus');
  const file = path.join(folder, 'targets.json');
  const release = { namespace: NAMESPACE, service: RELEASE };
  const watch = followReady(cluster, release, (addresses) => {
    const targets = addresses.map((address) => `${address}:8002`);
    writeFileSync(`${file}.new`, JSON.stringify([{ targets, labels: release }]));
    renameSync(`${file}.new`, file);
  });
  const prometheus = await Prometheus.start(folder, {
    authorization: { credentials },
    file_sd_configs: [{ files: [file], refresh_interval: '1s' }],
  });
  return {
    url: prometheus.url,
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await prometheus[Symbol.asyncDispose]();
    },
  };
}

/** A signal that does not come from the pods: the depth of a broker's queue. */
function serveDepth(depth: () => number): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_, answer) => answer.end(JSON.stringify({ depth: depth() })));
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const close = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: close });
    }),
  );
}
