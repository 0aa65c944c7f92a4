import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReceivedSpan, spansOfOtlp } from '../../support/otlp-spans.js';
import { goProgram } from '../harness/go.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';

const VERSION = 'v0.165.0';
const COLLECTOR = 'go.opentelemetry.io/collector';
const MODULES = [
  `${COLLECTOR}/otelcol@${VERSION}`,
  `${COLLECTOR}/receiver/otlpreceiver@${VERSION}`,
  `${COLLECTOR}/confmap/provider/fileprovider@v1.71.0`,
  `github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter@${VERSION}`,
];
const LIMIT_MS = 60_000;
const POLL_MS = 100;

export interface RunningCollector extends AsyncDisposable {
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
  /** All spans in its file, as soon as `isComplete` says so. Rejects after a minute. */
  spans(isComplete: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]>;
}

/** Compiles the collector, the first time for minutes, and starts it with a file of its own. */
export async function startCollector(): Promise<RunningCollector> {
  const source = readFileSync(inRoot('test/conformance/otel-collector/main.go.txt'), 'utf8');
  const program = goProgram({ name: 'otelcol', version: VERSION, source, modules: MODULES });
  const folder = emptyFolder('otel-collector');
  const file = path.join(folder, 'traces.jsonl');
  const [http, grpc] = [await freePort(), await freePort()];
  const config = path.join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(configOf({ http, grpc, file })));
  const child = spawn(program, [`--config=file:${config}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk;
  });
  const httpEndpoint = `http://127.0.0.1:${http}`;
  await answering(httpEndpoint, child, () => words);
  return {
    httpEndpoint,
    grpcEndpoint: `http://127.0.0.1:${grpc}`,
    async spans(isComplete) {
      const giveUpAt = performance.now() + LIMIT_MS;
      for (;;) {
        const spans = readFileSync(file, 'utf8')
          .split('\n')
          .slice(0, -1)
          .flatMap((line) => spansOfOtlp(JSON.parse(line)));
        if (isComplete(spans)) return spans;
        if (performance.now() > giveUpAt)
          throw new Error(`after a minute the file has ${spans.length} spans: ${words}`);
        await sleep(POLL_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

interface CollectorPlaces {
  readonly http: number;
  readonly grpc: number;
  readonly file: string;
}

function configOf({ http, grpc, file }: CollectorPlaces) {
  const protocols = { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } };
  return {
    receivers: { otlp: { protocols } },
    exporters: { file: { path: file, flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
    },
  };
}

async function answering(url: string, child: ChildProcess, words: () => string): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (;;) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode !== null || performance.now() > giveUpAt)
      throw new Error(`the collector does not start: ${words()}`);
    await sleep(POLL_MS);
  }
}
