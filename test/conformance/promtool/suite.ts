import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { unpackDebian } from '../harness/debian.js';
import { HttpClient } from '../harness/http.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { writeTritonModels } from '../harness/triton-models.js';

const REQUEST = JSON.stringify({
  inputs: [{ name: 'IN', datatype: 'FP32', shape: [1], data: [1] }],
});
const PROMPT = JSON.stringify({ model: 'kjv', prompt: 'In the beginning', max_tokens: 4 });
/** Names that are Triton's and vLLM's: dashboards know them, whatever today's rules for names say. */
const INHERITED = /^(nv_|vllm:)/;

/** `promtool check metrics` on what a server says of itself after successes, refusals, and a reload. */
export async function run(): Promise<number> {
  const promtool = path.join(unpackDebian(['prometheus']), 'usr/bin/promtool');
  const repository = writeTritonModels(path.join(emptyFolder('promtool'), 'models'));
  const language = path.join(repository, 'kjv', '1');
  mkdirSync(language, { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(language, 'model.gguf'));
  const tally = new Tally();
  const args = [
    '--model-control-mode',
    'explicit',
    '--load-model',
    'raw1',
    '--load-model',
    'mlp16l',
    '--load-model',
    'kjv',
  ];
  const server = await startServer([repository, ...args]);
  const clients = { http: new HttpClient(server.url), metrics: new HttpClient(server.metricsUrl) };
  try {
    for (const body of [REQUEST, REQUEST, '{']) await clients.http.send({ path: '/v2/models/raw1/infer', body });
    await clients.http.send({ method: 'POST', path: '/v2/repository/models/raw1/load' });
    const { status: generated } = await clients.http.send({ path: '/v1/completions', body: PROMPT });
    tally.check(generated === 200, `a completion was answered with ${generated}`);
    const { headers, body } = await clients.metrics.send({ path: '/metrics' });
    tally.check(String(headers['content-type']).startsWith('text/plain; version=0.0.4'), `${headers['content-type']}`);
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: body, encoding: 'utf8' });
    // 1 = no metrics at all; 3 = it reads them and has something to say about names.
    tally.check(status === 0 || status === 3, `promtool ended with ${status}: ${stdout}${stderr}`);
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !INHERITED.test(line));
    tally.check(complaints.length === 0, complaints.join('; '));
  } finally {
    clients.http.close();
    clients.metrics.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}
