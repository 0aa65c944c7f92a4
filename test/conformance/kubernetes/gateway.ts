import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { HttpClient } from '../harness/http.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import type { Tools } from './tools.js';

/** What the endpoint picker reads of a model server by its defaults, as gauges with one value. */
const READ_BY_PICKERS = ['vllm:num_requests_waiting', 'vllm:num_requests_running', 'vllm:kv_cache_usage_perc'];
const PROMPT = JSON.stringify({ model: 'kjv', prompt: 'In the beginning', max_tokens: 200, ignore_eos: true });
const REQUESTS = 24;

/** The manifests by their definitions; the metrics of the model server protocol of a server with a language model, at rest and under load. */
export async function checkGatewayApi(tally: Tally, tools: Tools): Promise<void> {
  const complaints = tools.validate(readFileSync(inRoot('deploy/gateway-api/inferencepool.yaml'), 'utf8'));
  tally.check(complaints === '', complaints);
  const models = emptyFolder('kubernetes-language');
  mkdirSync(path.join(models, 'kjv/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(models, 'kjv/1/model.gguf'));
  const server = await startServer([models]);
  const client = new HttpClient(server.url, REQUESTS);
  const metrics = new HttpClient(server.metricsUrl);
  const read = async () => gaugesOf((await metrics.send({ path: '/metrics' })).body.toString());
  try {
    const atRest = await read();
    for (const name of READ_BY_PICKERS) {
      tally.check(atRest.get(name)?.join() === '0', `${name} of a server at rest: ${atRest.get(name)?.join()}`);
    }
    const answers = Array.from({ length: REQUESTS }, () => client.send({ path: '/v1/completions', body: PROMPT }));
    const highest = new Map<string, number>();
    let open = REQUESTS;
    for (const answer of answers) void answer.then(() => open--);
    while (open > 0) {
      for (const [name, [value = 0]] of await read()) highest.set(name, Math.max(value, highest.get(name) ?? 0));
    }
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    tally.check(
      statuses.every((status) => status === 200),
      `completions: ${statuses.join()}`,
    );
    for (const name of READ_BY_PICKERS) tally.check((highest.get(name) ?? 0) > 0, `${name} stays 0 under load`);
    tally.check((highest.get('vllm:kv_cache_usage_perc') ?? 2) <= 1, 'the cache is used by more than all of it');
  } finally {
    client.close();
    metrics.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
}

/** The values of every metric that is declared as a gauge, by name. */
function gaugesOf(text: string): ReadonlyMap<string, readonly number[]> {
  const gauges = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name = '']) => name);
  return new Map(
    gauges.map((name) => [
      name,
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) => Number(value)),
    ]),
  );
}
