import type { Tally } from '../harness/tally.js';
import { type Cluster, NAMESPACE, RELEASE, until } from './cluster.js';
import { Load } from './load.js';

/** An input of `mlp`. */
export const ROW = { name: 'x', datatype: 'FP32', shape: [1, 16], data: Array.from({ length: 16 }, () => 0.5) };

/** Two replicas are replaced, twice, while clients ask. */
export async function checkRollingUpdate(tally: Tally, cluster: Cluster): Promise<void> {
  await cluster.upgrade('--set', 'replicas=2');
  await using load = new Load(cluster, await loadOf(cluster, { model: 'mlp', inputs: [ROW], concurrency: 4 }));
  const answers = async (count: number) => {
    const target = load.answered + count;
    await until(() => load.answered >= target, { limitMs: 60_000, describe: () => [...load.failures].join('; ') });
  };
  await answers(200);
  for (const round of ['1', '2']) {
    await cluster.upgrade('--set-string', `podAnnotations.round=${round}`);
    await answers(200);
  }
  // Until the pods before have ended, which drain while they answer.
  const pods = async () => (await cluster.kubectl('get', 'pods', '--output', 'name')).trim().split('\n');
  await until(async () => (await pods()).length === 2, {
    limitMs: 120_000,
    describe: async () => (await pods()).join(', '),
  });
  await answers(200);
  tally.check(load.answered > 1_000, `only ${load.answered} requests were sent`);
  tally.check(
    load.failed === 0,
    `of ${load.answered + load.failed} requests ${load.failed} failed: ${[...load.failures].join('; ')}`,
  );
}

interface Asked {
  readonly model: string;
  readonly inputs: readonly object[];
  readonly concurrency: number;
}

/** Requests with the key of the page's clients. */
export async function loadOf(cluster: Cluster, { model, inputs, concurrency }: Asked) {
  const key = await cluster.keyOf('clients');
  const body = JSON.stringify({ inputs });
  return { namespace: NAMESPACE, service: RELEASE, key, path: `/v2/models/${model}/infer`, body, concurrency };
}
