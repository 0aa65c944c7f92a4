import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import type { TSchema } from '@sinclair/typebox';
import { MillraceError } from '../core/index.js';
import { type ServerOptions, ServerOptionsSchema } from './options.js';

/** Where a listener waits for connections. `setting` holds it, for messages; undefined for the port of a dialect. */
export type Endpoint =
  | { readonly kind: 'port'; readonly host: string; readonly port: number; readonly setting: string | undefined }
  | { readonly kind: 'socket'; readonly path: string; readonly setting: string };

/** Where a listener can be reached. */
export interface Address {
  /** '' for a socket file. */
  readonly host: string;
  /** 0 for a socket file. */
  readonly port: number;
  /** `http://127.0.0.1:8000` without a trailing slash; for gRPC what its clients take, `127.0.0.1:8001`; `unix:/path`. */
  readonly url: string;
}

/** Where everything listens; undefined for what is switched off. */
export function createEndpoints(options: ServerOptions) {
  const port = (setting: 'grpcPort' | 'metricsPort' | 'adminPort'): Endpoint | undefined =>
    options[setting] < 0 ? undefined : { kind: 'port', host: options.host, port: options[setting], setting };
  const socket = (setting: 'httpSocket' | 'grpcSocket'): Endpoint | undefined =>
    options[setting] === '' ? undefined : { kind: 'socket', path: options[setting], setting };
  return {
    http: { kind: 'port', host: options.host, port: options.httpPort, setting: 'httpPort' } satisfies Endpoint,
    grpc: port('grpcPort'),
    httpSocket: socket('httpSocket'),
    grpcSocket: socket('grpcSocket'),
    metrics: port('metricsPort'),
    admin: port('adminPort'),
  };
}

/** The address that comes of an endpoint. `scheme` is '' for gRPC. */
export function addressOf(endpoint: Endpoint, port: number, scheme: 'http://' | 'https://' | ''): Address {
  if (endpoint.kind === 'socket') return { host: '', port: 0, url: `unix:${endpoint.path}` };
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return { host: endpoint.host, port, url: `${scheme}${host}:${port}` };
}

/** Starts to listen; rejects with `failed_precondition` saying what to change when the place cannot be had. */
export async function listenAt(server: Server, endpoint: Endpoint): Promise<void> {
  if (endpoint.kind === 'socket') await removeStaleSocket(endpoint.path, endpoint.setting);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, endpoint)));
    if (endpoint.kind === 'port') server.listen({ host: endpoint.host, port: endpoint.port }, resolve);
    else listenPrivately(server, endpoint.path, resolve);
  });
  server.removeAllListeners('error');
}

/** The port that it got; 0 for a socket file. */
export function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

/** The socket file is for this user alone from the moment that it exists: everyone who may open it may do everything. */
function listenPrivately(server: Server, path: string, done: () => void): void {
  // Workers share the process's mask and may not change it.
  const mask = isMainThread ? process.umask(0o177) : undefined;
  try {
    server.listen(path, done);
  } finally {
    if (mask !== undefined) process.umask(mask);
  }
  if (server.listening && !isMainThread) chmodSync(path, 0o600);
}

/** A file that a killed server has left behind is in the way; one that somebody listens on, or that is no socket, is not ours. */
async function removeStaleSocket(path: string, setting: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new MillraceError('failed_precondition', `\`server.${setting}\`: ${path} is there and is no socket`);
  }
  if (await isAnswered(path)) throw inUse(path, setting);
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code !== 'ECONNREFUSED'));
  });
}

function inUse(where: string, setting: string | undefined): MillraceError {
  if (setting === undefined) {
    return new MillraceError(
      'failed_precondition',
      `another process listens on ${where}; stop it or choose another port`,
    );
  }
  const { [setting]: schema }: Readonly<Record<string, TSchema>> = ServerOptionsSchema.properties;
  const flag: string | undefined = schema?.['x-flag'];
  const notes = [...(flag === undefined ? [] : [flag]), ...(setting.endsWith('Port') ? ['0 = any free port'] : [])];
  const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return new MillraceError(
    'failed_precondition',
    `another process listens on ${where}; stop it or choose another \`server.${setting}\`${note}`,
  );
}

function listenError(error: NodeJS.ErrnoException, endpoint: Endpoint): MillraceError {
  const where = endpoint.kind === 'port' ? `${endpoint.host}:${endpoint.port}` : endpoint.path;
  if (error.code === 'EADDRINUSE') return inUse(where, endpoint.setting);
  return new MillraceError('failed_precondition', `cannot listen on ${where}: ${error.message}`, { cause: error });
}
