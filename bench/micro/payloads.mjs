/**
 * What the payload log costs a request on the event loop, in µs: `npm run build`, then `node bench/micro/payloads.mjs`. A request is an inference as its
 * observers see it, with 16 floats and ten in its answer; its records are written by the real thread. Of the loop, what is not idle counts, the best of the
 * rounds; of the process, CPU with the thread's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { Call, EventBus, LazyTrace, systemClock } from '../../dist/core/index.js';
import { openPayloadLog } from '../../dist/payload-log/index.js';
import { cpuUs } from './cpu-time.mjs';

const ROUNDS = 15;
const REF = { name: 'mlp', version: 1, generation: 1 };
const PRINCIPAL = { name: 'ada', id: 'key:ada', ownerId: 'ada', groups: [], rights: undefined };
const STAMPS = { dequeuedAt: 0.06, startedAt: 0.06, finishedAt: 0.1, answeredBy: REF };
const tensor = (name, width) => ({
  name,
  datatype: 'FP32',
  shape: [1, width],
  data: new Uint8Array(Float32Array.from({ length: width }, (_, index) => index / 7).buffer),
});
const REQUEST = { id: '', inputs: [tensor('x', 16)], outputs: undefined, parameters: {}, sequence: undefined };
const RESPONSE = { ref: REF, id: '', outputs: [tensor('y', 10)], parameters: {} };
const INFO = { ref: REF, placement: 'runner' };

const folder = await mkdtemp(path.join(tmpdir(), 'payloads-'));

function logWith(rate, name) {
  const rule = { names: ['mlp'], rate, maxRecordBytes: 65_536, tensors: 'values', redact: [] };
  const payloadLog = {
    folder: path.join(folder, name),
    rules: rate === 0 ? [{ ...rule, names: ['other'] }] : [rule],
    keyFile: '',
    fileSizeBytes: 67_108_864,
    fileHours: 1,
    keepDays: 1,
    maxSizeBytes: 67_108_864,
    maxQueuedBytes: 268_435_456,
  };
  return openPayloadLog({ payloadLog, clock: systemClock, events: new EventBus() }, undefined);
}

/** One request; `observer` undefined = of a server without a payload log. */
function request(observer) {
  const trace = new LazyTrace(undefined, { parentSpanId: undefined, sampled: false, state: undefined });
  const call = new Call({ requestId: 'b5f3-0001', principal: PRINCIPAL, trace, deadlineAt: 1e12, receivedAt: 0 });
  Object.assign(call.timing, STAMPS);
  const inference = { call, kind: 'request', target: REF, request: REQUEST, info: INFO, choice: undefined, epochMs: 0 };
  const listener = observer?.admit(inference);
  listener?.attemptBegan?.(inference);
  listener?.read?.(REQUEST);
  listener?.responded?.(RESPONSE);
  listener?.attemptEnded?.(undefined);
  listener?.ended?.(undefined);
}

const logs = [undefined, undefined, logWith(0, 'none'), logWith(0.01, 'some'), logWith(1, 'all')];
const rows = [
  { name: 'off', count: 20_000 },
  { name: 'off (again)', count: 20_000 },
  { name: 'other models', count: 20_000 },
  { name: '1 %', count: 20_000 },
  { name: '100 %', count: 2_000 },
];
const bestLoop = rows.map(() => Number.POSITIVE_INFINITY);
const bestCpu = rows.map(() => Number.POSITIVE_INFINITY);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { count }] of rows.entries()) {
    const { observer } = logs[index] ?? {};
    const [cpuFrom, loopFrom] = [cpuUs(), performance.eventLoopUtilization()];
    for (let done = 0; done < count; done += 20) {
      for (let each = 0; each < 20; each++) request(observer);
      await turn();
    }
    // Groups that are written later belong to the row.
    await sleep(600);
    bestLoop[index] = Math.min(bestLoop[index], (performance.eventLoopUtilization(loopFrom).active * 1_000) / count);
    bestCpu[index] = Math.min(bestCpu[index], (cpuUs() - cpuFrom) / count);
  }
}
for (const [index, { name }] of rows.entries()) {
  const more = (values) => (values[index] - values[0]).toFixed(2);
  console.log(`${name.padEnd(13)} loop ${more(bestLoop)} µs, CPU of the process ${more(bestCpu)} µs more than off`);
}
console.log('records', logs.map((log) => JSON.stringify(log?.counts())).join(' '));
for (const log of logs) await log?.close();
await rm(folder, { recursive: true });
