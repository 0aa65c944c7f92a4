import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ConformanceStore } from '../harness/object-store.js';
import { startServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';

const ECHO = `runtime: echo
inputs: [{ name: x, datatype: FP32, shape: [-1, 1200] }]
outputs: [{ name: x, datatype: FP32, shape: [-1, 1200] }]
instances: { placement: inline }
`;
const INFER = '/v2/models/echo/infer';
/** Together more than one part of an upload. */
const LINES = 1_200;
const DATA = Array.from({ length: 1_200 }, (_, at) => at / 8);
const POLL_MS = 100;
const LIMIT_MS = 120_000;

export interface BatchEnds {
  readonly tally: Tally;
  readonly store: ConformanceStore;
  readonly bucket: string;
  readonly folder: string;
  readonly boto: (action: string, key?: string, file?: string) => Promise<Record<string, unknown>>;
  readonly read: (key: string) => Promise<Buffer>;
}

interface Batch {
  readonly id: string;
  readonly status: string;
  readonly request_counts: object;
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
}

/** A batch reads the objects of a folder that boto3 has written, and writes its results to the store. */
export async function checkBatchEnds(ends: BatchEnds): Promise<void> {
  const { tally, store, bucket, folder, boto, read } = ends;
  const models = path.join(folder, 'models');
  mkdirSync(path.join(models, 'echo/1'), { recursive: true });
  writeFileSync(path.join(models, 'echo/model.yaml'), ECHO);
  const allow = (name: string) => ({ allow: [{ principal: '*', prefixes: [`s3://${bucket}/${name}/`] }] });
  const config = path.join(folder, 'millrace.yaml');
  const settings = {
    store: { path: path.join(folder, 'store.db') },
    jobs: { inputs: allow('in'), outputs: allow('out') },
  };
  writeFileSync(config, JSON.stringify(settings));
  const ids = Array.from({ length: LINES }, (_, at) => `line-${at}`);
  const halves = [ids.slice(0, LINES / 2), ids.slice(LINES / 2)];
  for (const [index, half] of halves.entries()) {
    const file = path.join(folder, 'rows.jsonl');
    writeFileSync(file, half.map(rowOf).join(''));
    await boto('upload', `in/rows ${index}.jsonl`, file);
  }
  const server = await startServer([models, '--config', config], store.env);
  try {
    const inputs = { endpoint: INFER, completion_window: '1h', output_prefix: `s3://${bucket}/out/` };
    const batch = await ended(server.url, { ...inputs, input_file_id: `s3://${bucket}/in/` });
    const { id, status, request_counts: counts, error_file_id: errors } = batch;
    tally.check(status === 'completed', `the batch is ${status}`);
    const expected = JSON.stringify({ total: LINES, completed: LINES, failed: 0 });
    tally.check(JSON.stringify(counts) === expected, `the counts are ${JSON.stringify(counts)}`);
    tally.check(errors === null, `there is a file of errors: ${String(errors)}`);
    const key = `out/${id}_output.jsonl`;
    tally.check(batch.output_file_id === `s3://${bucket}/${key}`, `the output is ${String(batch.output_file_id)}`);
    const results = (await read(key))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    tally.check(results.map((each) => each.custom_id).join() === ids.join(), 'the results are other ones');
    const last = JSON.stringify(results.at(-1)?.response.body.outputs[0].data);
    tally.check(last === JSON.stringify(DATA), `the last result is ${last.slice(0, 200)}`);
    const { etag } = await boto('get', key);
    tally.check(/-[2-9]"$/.test(String(etag)), `results of several parts have the ETag ${String(etag)}`);
    const missing = await ended(server.url, { ...inputs, input_file_id: `s3://${bucket}/in/missing.jsonl` });
    tally.check(missing.status === 'failed', `a batch whose input is missing is ${missing.status}`);
    const beyond = await create(server.url, { ...inputs, input_file_id: `s3://${bucket}/plain.json` });
    tally.check(beyond.status === 403, `an input that no rule allows is answered with ${beyond.status}`);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
}

function rowOf(id: string): string {
  const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, DATA.length], data: DATA }] };
  return `${JSON.stringify({ custom_id: id, method: 'POST', url: INFER, body })}\n`;
}

function create(url: string, batch: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/v1/batches`, { method: 'POST', headers, body: JSON.stringify(batch) });
}

async function ended(url: string, request: object): Promise<Batch> {
  const created = await create(url, request);
  let batch = (await created.json()) as Batch;
  if (created.status !== 200) throw new Error(`a batch is refused: ${JSON.stringify(batch)}`);
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) {
    if (performance.now() > giveUpAt) throw new Error(`after ${LIMIT_MS} ms the batch is ${batch.status}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    batch = (await (await fetch(`${url}/v1/batches/${batch.id}`)).json()) as Batch;
  }
  return batch;
}
