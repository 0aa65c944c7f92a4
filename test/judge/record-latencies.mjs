/**
 * `npm run build && node test/judge/record-latencies.mjs`: loads a server that really runs a model, with load that changes all the time, and
 * writes the latencies that its clients have seen, in the order in which they were answered, to recorded-latencies.json.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { deflateRawSync } from 'node:zlib';
import { createMillrace } from 'millrace';

const COUNT = 40_000;
const MODEL = 'mlp';

/** So many clients at a time, one phase after the other, each of them 400 ms. A client asks again 0 to 2 ms after its answer. */
const CLIENTS = [2, 4, 8, 4, 16, 32, 64, 24, 8, 1, 2, 48, 128, 12, 4, 96, 6, 2, 200, 16];
const PHASE_MS = 400;

if (isMainThread) await record();
else await load(workerData);

async function record() {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-'));
  await mkdir(path.join(folder, MODEL, '1'), { recursive: true });
  const model = path.join(import.meta.dirname, '../fixtures/models/mlp-784x10.onnx');
  await cp(model, path.join(folder, MODEL, '1', 'model.onnx'));
  const millrace = await createMillrace({
    settings: {
      repository: { paths: [folder] },
      server: { httpPort: 0, grpcPort: 0, metricsPort: 0 },
      telemetry: { logLevel: 'warn' },
    },
  });
  const { http } = await millrace.listen();
  const worker = new Worker(import.meta.filename, { workerData: http.url });
  const latenciesMs = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await millrace.close();
  await rm(folder, { recursive: true });
  await keep(latenciesMs);
}

/** Clients that come and go; posts the latencies in the order of their answers. */
async function load(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const input = { name: 'x', datatype: 'FP32', shape: [1, 784], data: Array.from({ length: 784 }, (_, at) => at % 7) };
  const metadata = await (await fetch(new URL(`/v2/models/${MODEL}`, url))).json();
  const body = JSON.stringify({ inputs: [{ ...input, name: metadata.inputs[0].name }] });
  const latenciesMs = [];
  let wanted = 0;
  const ask = () =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const path = `/v2/models/${MODEL}/infer`;
      const sent = request(new URL(path, url), { method: 'POST', agent }, (answer) => {
        answer.resume().once('end', () => {
          if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
          latenciesMs.push(performance.now() - startedAt);
          resolve();
        });
      });
      sent.once('error', reject).end(body);
    });
  const client = async (number) => {
    while (latenciesMs.length < COUNT) {
      if (number < wanted) await ask();
      await sleep(number < wanted ? Math.random() * 2 : 5);
    }
  };
  const clients = Array.from({ length: Math.max(...CLIENTS) }, (_, number) => client(number));
  for (let phase = 0; latenciesMs.length < COUNT; phase++) {
    wanted = CLIENTS[phase % CLIENTS.length];
    await sleep(PHASE_MS);
  }
  await Promise.all(clients);
  agent.destroy();
  parentPort.postMessage(latenciesMs.slice(0, COUNT));
}

/** Hundredths of a millisecond, as 16 bits each, little-endian. */
async function keep(latenciesMs) {
  const hundredths = Uint16Array.from(latenciesMs, (ms) => Math.min(Math.round(ms * 100), 65_535));
  const file = path.join(import.meta.dirname, 'recorded-latencies.json');
  const sorted = latenciesMs.toSorted((one, other) => one - other);
  const at = (quantile) => Number(sorted[Math.floor(quantile * sorted.length)].toFixed(2));
  const kept = {
    what: 'latencies of POST /v2/models/mlp/infer over HTTP as clients see them, in the order of their answers',
    how: 'test/judge/record-latencies.mjs: 1 to 200 clients at a time, changing every 400 ms',
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node.js ${process.version}`,
    recordedAt: new Date().toISOString().slice(0, 10),
    milliseconds: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1 - 1 / sorted.length) },
    encoding: 'hundredths of a millisecond, 16 bits each, little-endian, deflated, base64',
    data: deflateRawSync(Buffer.from(hundredths.buffer), { level: 9 }).toString('base64'),
  };
  await writeFile(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  console.log(`${file}: ${latenciesMs.length} latencies`, kept.milliseconds);
}
