import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { ratioBar } from '../../harness/bars.js';
import { runPerfAnalyzer } from '../../harness/grpc/perf-analyzer.js';
import { applyLoad } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { createRows } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import type { RunningServer } from '../../harness/server-process.js';
import {
  binaryRequest,
  driven,
  GRPC_WARM_UP_SECONDS,
  grpcOf,
  MODEL,
  startModel,
  startTritonModel,
} from './contestants.js';

const W1 = { model: MODELS.mlp16, rows: createRows(MODELS.mlp16, 1) };
const W3 = { model: MODELS.mobilenet, rows: createRows(MODELS.mobilenet, 1) };
const metric = 'requestsPerSecond';

/** perf_analyzer measures at least so many windows at a time. */
const LEAST_WINDOWS = 3;

/** What Triton's own load generator sees, over both protocols. */
export function perfAnalyzerRow(): Row {
  const warmUpSeconds = GRPC_WARM_UP_SECONDS / LEAST_WINDOWS;
  const names = (['http', 'grpc'] as const).flatMap((protocol) => [`millrace ${protocol}`, `triton ${protocol}`]);
  const contestants = (['http', 'grpc'] as const).flatMap((protocol): Contestant[] => {
    const drive = (server: RunningServer, seconds: number) =>
      runPerfAnalyzer(
        {
          address: new URL(protocol === 'http' ? server.url : grpcOf(server).url).host,
          protocol,
          model: MODEL,
          concurrency: 32,
        },
        seconds,
      );
    const triton = startTritonModel({ model: W1.model, program: 'model.py', probe: binaryRequest(W1) });
    return [
      driven({
        name: `millrace ${protocol}`,
        start: startModel({ models: [{ name: MODEL, model: W1.model }] }),
        drive,
        warmUpSeconds,
      }),
      driven({ name: `triton ${protocol}`, peer: true, start: triton, drive, warmUpSeconds }),
    ];
  });
  return interleavedRow({
    id: 'perf-analyzer',
    title: 'perf_analyzer, mlp-16x10, one row, 32 in flight, HTTP binary and gRPC',
    contestants,
    bars: [
      ratioBar({ metric, who: names[0] ?? '', against: names[1] ?? '', atLeast: 1 }),
      ratioBar({ metric, who: names[2] ?? '', against: names[3] ?? '', atLeast: 1 }),
    ],
  });
}

const OUTPUT_OFFSET = W3.rows.bytes.length;
const REGION_BYTES = OUTPUT_OFFSET + 4_096;

/** An image in shared memory instead of in the body. */
export function sharedMemoryRow(): Row {
  const load = { kind: 'concurrency', concurrency: 8 } as const;
  const models = [{ name: MODEL, model: W3.model }];
  return interleavedRow({
    id: 'shared-memory',
    title: 'MobileNetV3, 602 KB, 8 connections, in the body and in system shared memory',
    contestants: [
      driven({
        name: 'HTTP binary',
        start: startModel({ models }),
        drive: (server, seconds, { generator }) =>
          applyLoad(server, { request: binaryRequest(W3), level: load, rowsPerRequest: 1 }, { seconds, generator }),
      }),
      driven({
        name: 'shared memory',
        start: async () => withRegion(await startModel({ models, config: ['sharedMemory: {enabled: true}'] })()),
        drive: (server, seconds, { generator }) =>
          applyLoad(server, { request: regionRequest(), level: load, rowsPerRequest: 1 }, { seconds, generator }),
      }),
    ],
    bars: [ratioBar({ metric, who: 'shared memory', against: 'HTTP binary', atLeast: 1 })],
  });
}

/** Puts the image into a POSIX shared-memory object and registers it as the region `images`. */
async function withRegion(server: RunningServer): Promise<RunningServer> {
  const key = `millrace-bench-${randomUUID()}`;
  const file = `/dev/shm/${key}`;
  const content = Buffer.alloc(REGION_BYTES);
  content.set(W3.rows.bytes);
  writeFileSync(file, content);
  const answer = await fetch(`${server.url}/v2/systemsharedmemory/region/images/register`, {
    method: 'POST',
    body: JSON.stringify({ key: `/${key}`, offset: 0, byte_size: REGION_BYTES }),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(file);
  };
  if (answer.ok) return { ...server, stop };
  await stop();
  throw new Error(`the region was not registered: ${await answer.text()}`);
}

function regionRequest() {
  const part = (offset: number, size: number) => ({
    shared_memory_region: 'images',
    shared_memory_offset: offset,
    shared_memory_byte_size: size,
  });
  const { input, output, outputWidth } = W3.model;
  const body = {
    inputs: [{ name: input, datatype: 'FP32', shape: W3.rows.shape, parameters: part(0, W3.rows.bytes.length) }],
    outputs: [{ name: output, parameters: part(OUTPUT_OFFSET, 4 * outputWidth) }],
  };
  return {
    method: 'POST' as const,
    path: `/v2/models/${MODEL}/infer`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  };
}
