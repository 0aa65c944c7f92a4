/**
 * What traces cost a request, in µs of CPU of the whole process, the thread that exports included: `npm run build`, then
 * `node bench/micro/traces.mjs`. A request is a recorded attempt: its events, as the engine and the server publish them. Each row beside the one above
 * it; `prototype` is bench/controls/tracing-own.mjs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { Call, EventBus, systemClock } from '../../dist/core/index.js';
import { startTracing } from '../../dist/tracing/index.js';
import { flushPrototype, tracedByPrototype } from '../controls/tracing-own.mjs';
import { cpuUs } from './cpu-time.mjs';

const ROUNDS = 15;
const REF = { name: 'mlp', version: 1, generation: 1 };
const PRINCIPAL = { name: 'ada', id: 'key:ada', ownerId: 'ada', groups: [], rights: undefined };
const STAMPS = {
  authenticatedAt: 0.01,
  resolvedAt: 0.02,
  decodedAt: 0.03,
  enqueuedAt: 0.04,
  dequeuedAt: 0.06,
  startedAt: 0.06,
  finishedAt: 0.1,
  computeInputMs: 0.005,
  computeInferMs: 0.02,
  computeOutputMs: 0.005,
  batchRows: 1,
  batchReason: 'idle',
  batchId: 1,
  instance: 'mlp/1#0',
  encodeMs: 0.01,
  answeredBy: REF,
};
const HEADERS = { 'content-type': 'application/json' };
const REQUEST = { id: '', inputs: [], outputs: undefined, parameters: {}, priority: 0, sequence: undefined };
const TARGET = { name: 'mlp', version: undefined };

/** Takes all and says nothing, in a process of its own, whose CPU does not count. */
const COLLECTOR = `
const server = require('node:http').createServer((req, res) => req.resume().on('end', () => res.end()));
server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)));
process.stdin.resume().on('end', () => process.exit());
`;
const collector = spawn(process.execPath, ['-e', COLLECTOR], { stdio: ['pipe', 'pipe', 'inherit'] });
const [port] = await once(collector.stdout, 'data');

function tracingWith(endpoint, rate) {
  const events = new EventBus();
  const otlp = {
    endpoint,
    protocol: 'http/protobuf',
    headers: {},
    caFile: '',
    timeoutMs: 10_000,
    serviceName: 'm',
    resource: {},
  };
  const tail = { maxBytes: 4_194_304, maxRequests: 1_024 };
  const traces = { rate, maxPerSecond: 1e6, maxQueuedBytes: 1_073_741_824, tail, baggage: [] };
  const trustParent = { principals: [], proxies: [] };
  const parts = { events, clock: systemClock, version: '1', isProxy: () => false };
  return { events, tracing: startTracing({ otlp, traces, trustParent, ...parts }) };
}

/** One request after the other, of which some are answered in each turn of the event loop. */
function requestsOf({ events, tracing }) {
  return (count) => {
    for (let request = 0; request < count; request++) {
      const trace = tracing.opener.open(HEADERS, PRINCIPAL, '127.0.0.1');
      const call = new Call({
        requestId: 'r',
        principal: PRINCIPAL,
        trace,
        deadlineAt: 1e12,
        receivedAt: 0,
        metadata: HEADERS,
      });
      Object.assign(call.timing, STAMPS);
      const common = { call, error: undefined };
      events.publish('inferFinished', {
        ...common,
        target: TARGET,
        request: REQUEST,
        ref: REF,
        answered: true,
        rows: 1,
        epochMs: 0,
      });
      events.publish('batchFinished', {
        ref: REF,
        instance: 'mlp/1#0',
        batchId: 1,
        members: [{ call }],
        rows: 1,
        reason: 'idle',
        computeMs: 0.04,
        error: undefined,
      });
      events.publish('httpFinished', {
        ...common,
        method: 'POST',
        route: '/v2/models/{model}/infer',
        path: '/v2/models/mlp/infer',
        status: 200,
        requestBytes: 100,
        responseBytes: 80,
        remoteAddress: '127.0.0.1',
        durationMs: 0.12,
      });
    }
  };
}

function prototype(count) {
  for (let request = 0; request < count; request++) tracedByPrototype();
  flushPrototype();
}

const url = `http://127.0.0.1:${port}`;
const rows = [
  { name: 'off', run: requestsOf(tracingWith('', 0)), count: 20_000 },
  { name: 'off (again)', run: requestsOf(tracingWith('', 0)), count: 20_000 },
  { name: '0 %', run: requestsOf(tracingWith(url, 0)), count: 20_000 },
  { name: '1 %', run: requestsOf(tracingWith(url, 0.01)), count: 20_000 },
  { name: '100 %', run: requestsOf(tracingWith(url, 1)), count: 2_000 },
  { name: 'prototype', run: prototype, count: 2_000 },
];
const best = rows.map(() => Number.POSITIVE_INFINITY);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { run, count }] of rows.entries()) {
    const from = cpuUs();
    for (let done = 0; done < count; done += 20) {
      run(20);
      await turn();
    }
    // What is sent belongs to the row.
    if (count < 20_000) await sleep(1_500);
    best[index] = Math.min(best[index], (cpuUs() - from) / count);
  }
}
const [off] = best;
for (const [index, { name }] of rows.entries()) {
  const more = name === 'prototype' ? '' : `, ${(best[index] - off).toFixed(2)} more than off`;
  console.log(`${name.padEnd(12)} ${best[index].toFixed(2)} µs${more}`);
}
collector.kill();
process.exit(0);
