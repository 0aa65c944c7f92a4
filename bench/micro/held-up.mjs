/**
 * Whether large bodies hold up anybody else: the worst answer of a health check every 5 ms, and the longest turn of the server's event
 * loop, while eight of them are on their way at a time. The control is a bare node:http server that gets the same bodies, unpacks
 * them, and sends them back as they came.
 * Usage: node bench/micro/held-up.mjs [MIB of the tensors] (64), after npm run build
 */
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createGunzip, gzipSync } from 'node:zlib';

const MAIN = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const AT_ONCE = 8;
const ROUNDS = 2;
const PROBE_INTERVAL_MS = 5;
/** Less than what the server takes by default, unpacked. */
const UNKNOWN_BYTES = 48 * 1_048_576;

/** One request on the agent's connection; resolves with status and bytes of the answer. */
function ask(url, { agent, method = 'GET', headers = {}, pieces = [] } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (answer) => {
      let bytes = 0;
      answer.on('data', (chunk) => {
        bytes += chunk.length;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, bytes }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    for (const piece of pieces) sent.write(piece);
    sent.end();
  });
}

/** In a thread of its own, which nothing here holds up: asks for the server's health, and tells the worst when it is asked to. */
function probe(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let worstMs = 0;
  const next = async () => {
    const startedAt = performance.now();
    await ask(`${url}/v2/health/ready`, { agent });
    worstMs = Math.max(worstMs, performance.now() - startedAt);
    setTimeout(next, PROBE_INTERVAL_MS);
  };
  void next();
  parentPort.on('message', () => {
    parentPort.postMessage(worstMs);
    worstMs = 0;
  });
}

/** What Node itself does with such bodies. Its metrics have the one family that is read here. */
function serveBare() {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const server = createServer((req, res) => {
    if (req.url === '/metrics') {
      res.end(`millrace_event_loop_lag_seconds{percentile="100"} ${Math.max(0, delay.max / 1e6 - 20) / 1_000}\n`);
      delay.reset();
      return;
    }
    const chunks = [];
    const body = req.headers['content-encoding'] === 'gzip' ? req.pipe(createGunzip({ chunkSize: 65_536 })) : req;
    body.on('data', (chunk) => chunks.push(chunk));
    body.on('end', () => {
      if (body === req) for (const chunk of chunks) res.write(chunk);
      res.end();
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${server.address().port}`;
    console.log(JSON.stringify({ event: 'listening', http: url, metrics: url }));
  });
}

function startMillrace(folder) {
  writeFileSync(
    path.join(folder, 'millrace.yaml'),
    'server: { maxInputBytes: 1073741824, maxBufferedBytes: 8589934592 }\ntelemetry: { logLevel: silent }\n',
  );
  mkdirSync(path.join(folder, 'models/echo/1'), { recursive: true });
  writeFileSync(
    path.join(folder, 'models/echo/model.yaml'),
    'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, -1] }]\noutputs: [{ name: y, datatype: FP32, shape: [-1, -1] }]\n',
  );
  const ports = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'];
  const config = ['--config', path.join(folder, 'millrace.yaml')];
  return startServer([MAIN, 'serve', path.join(folder, 'models'), ...config, ...ports, '--json'], folder);
}

async function startServer(args, cwd) {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const event = line.startsWith('{') ? JSON.parse(line) : {};
    if (event.event === 'listening') return { child, http: event.http, metrics: event.metrics };
  }
  throw new Error('the server ended before it listened');
}

/** The longest turn since this was asked last, in ms. */
async function longestTurnMs(metrics) {
  const text = await (await fetch(`${new URL(metrics).origin}/metrics`)).text();
  return Number(/^millrace_event_loop_lag_seconds\{percentile="100"\} (.*)$/m.exec(text)[1]) * 1_000;
}

function cases(mib) {
  const tensor = randomFillSync(new Uint8Array(mib * 1_048_576));
  const head = (parameters) =>
    JSON.stringify({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, tensor.length / 4], parameters: { binary_data_size: tensor.length } },
      ],
      parameters,
    });
  const binary = (headers) => {
    const json = head({ binary_data_output: true });
    return {
      pieces: [json, tensor],
      headers: { 'inference-header-content-length': String(json.length), ...headers },
    };
  };
  const length = { 'content-length': String(head({ binary_data_output: true }).length + tensor.length) };
  const members = Buffer.alloc(UNKNOWN_BYTES, '"a":[1,{"b":"c"}],');
  const unknown = gzipSync(
    Buffer.concat([
      Buffer.from('{'),
      members.subarray(0, -(members.length % 18) || undefined),
      Buffer.from('"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]}'),
    ]),
  );
  const gzip = { 'content-encoding': 'gzip', 'content-length': String(unknown.length) };
  return {
    [`${Math.round(unknown.length / 1024)} KiB of gzip, 48 MiB of unknown members`]: {
      pieces: [unknown],
      headers: gzip,
    },
    [`${mib} MiB in, ${mib} MiB out`]: binary(length),
    [`${mib} MiB in by chunks, and out`]: binary({ 'transfer-encoding': 'chunked' }),
    [`${mib} MiB in, and out as gzip`]: binary({ ...length, 'accept-encoding': 'gzip' }),
    [`${mib} MiB in, and out as deflate`]: binary({ ...length, 'accept-encoding': 'deflate' }),
  };
}

/** Puts the cases on one server; `say` gets the name of each and what came of it. */
async function run({ child, http, metrics }, mib, say) {
  const prober = new Worker(new URL(import.meta.url), { workerData: http });
  const agent = new Agent({ keepAlive: true });
  const worstHealthMs = () =>
    new Promise((resolve) => {
      prober.once('message', resolve);
      prober.postMessage('');
    });
  try {
    while ((await ask(`${http}/v2/models/echo/ready`)).status !== 200);
    for (const [name, wire] of Object.entries(cases(mib))) {
      await Promise.all([worstHealthMs(), longestTurnMs(metrics)]);
      const startedAt = performance.now();
      const statuses = new Set();
      for (let round = 0; round < ROUNDS; round++) {
        const asked = Array.from({ length: AT_ONCE }, () =>
          ask(`${http}/v2/models/echo/infer`, { ...wire, agent, method: 'POST' }),
        );
        for (const { status, bytes } of await Promise.all(asked)) statuses.add(`${status}, ${bytes} B`);
      }
      const seconds = (performance.now() - startedAt) / 1_000;
      const [health, turn] = await Promise.all([worstHealthMs(), longestTurnMs(metrics)]);
      say(name, `${health.toFixed(0)} / ${turn.toFixed(0)} / ${seconds.toFixed(1)}`, [...statuses].join('; '));
    }
  } finally {
    await prober.terminate();
    agent.destroy();
    child.kill('SIGTERM');
  }
}

async function main(mib) {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-held-up-'));
  const servers = {
    control: () => startServer([import.meta.filename, 'bare'], folder),
    millrace: () => startMillrace(folder),
  };
  console.log(`${ROUNDS} × ${AT_ONCE} requests: worst health answer, ms / longest turn, ms / all of it, s`);
  try {
    for (const [who, start] of Object.entries(servers)) {
      await run(await start(), mib, (...said) => {
        const [name, numbers, answers] = said;
        console.log(`${who.padEnd(10)}${name.padEnd(46)}${numbers.padStart(20)}   ${answers}`);
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!isMainThread) probe(workerData);
else if (process.argv[2] === 'bare') serveBare();
else await main(Number(process.argv[2] ?? 64));
