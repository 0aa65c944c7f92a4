import { chmodSync, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, Server } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import type { TSchema } from '@sinclair/typebox';
import { MillraceError } from '../core/index.js';
import type { InheritedSocket, ListeningSocket } from '../systemd/index.js';
import type { InheritedListeners } from './inherited.js';
import { type ServerOptions, ServerOptionsSchema } from './options.js';

/**
 * Where a listener waits for connections. `setting` holds it, for messages; undefined for the port of a dialect. `descriptor`: of a socket
 * that listens there already, inherited from the service manager.
 */
export type Endpoint =
  | {
      readonly kind: 'port';
      readonly host: string;
      readonly port: number;
      readonly setting: string | undefined;
      readonly descriptor?: number;
    }
  | { readonly kind: 'socket'; readonly path: string; readonly setting: string; readonly descriptor?: number };

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
export function createEndpoints(options: ServerOptions, inherited: InheritedListeners = {}) {
  const port = (name: 'grpc' | 'metrics' | 'admin'): Endpoint | undefined => {
    const setting = `${name}Port` as const;
    const own = { kind: 'port', host: options.host, port: options[setting], setting } as const;
    return options[setting] < 0 ? undefined : placeOf(own, inherited[name]);
  };
  const socket = (setting: 'httpSocket' | 'grpcSocket'): Endpoint | undefined => {
    const isOff = options[setting] === '' && inherited[setting] === undefined;
    return isOff ? undefined : placeOf({ kind: 'socket', path: options[setting], setting }, inherited[setting]);
  };
  return {
    http: placeOf({ kind: 'port', host: options.host, port: options.httpPort, setting: 'httpPort' }, inherited.http),
    grpc: port('grpc'),
    httpSocket: socket('httpSocket'),
    grpcSocket: socket('grpcSocket'),
    metrics: port('metrics'),
    admin: port('admin'),
  };
}

/** The place of the settings, or that of the socket which is inherited for it. */
export function placeOf<Own extends Endpoint>(own: Own, socket: InheritedSocket | undefined): Own {
  return socket === undefined ? own : { ...own, ...socket.place, descriptor: socket.descriptor };
}

/** The host that an endpoint is bound to; `otherwise` for a socket file. */
export function hostOf(endpoint: Endpoint, otherwise: string): string {
  return endpoint.kind === 'port' ? endpoint.host : otherwise;
}

/** The address that comes of an endpoint. `scheme` is '' for gRPC. */
export function addressOf(endpoint: Endpoint, port: number, scheme: 'http://' | 'https://' | ''): Address {
  if (endpoint.kind === 'socket') return { host: '', port: 0, url: `unix:${endpoint.path}` };
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return { host: endpoint.host, port, url: `${scheme}${host}:${port}` };
}

/** Node does not know the path of a Unix socket that it has not opened. */
const atInheritedFiles = new WeakSet<object>();

/** Whether the server listens on a Unix socket that is inherited. */
export function isAtInheritedFile(server: object): boolean {
  return atInheritedFiles.has(server);
}

/** Starts to listen; rejects with `failed_precondition` saying what to change when the place cannot be had. */
export async function listenAt(server: Server, endpoint: Endpoint): Promise<void> {
  const isInherited = endpoint.descriptor !== undefined;
  if (endpoint.kind === 'socket' && !isInherited) await removeStaleSocket(endpoint.path, endpoint.setting);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, endpoint)));
    if (isInherited) server.listen({ fd: endpoint.descriptor }, resolve);
    else if (endpoint.kind === 'port') server.listen({ host: endpoint.host, port: endpoint.port }, resolve);
    else listenPrivately(server, endpoint.path, resolve);
  });
  server.removeAllListeners('error');
  if (isInherited && endpoint.kind === 'socket') atInheritedFiles.add(server);
}

/**
 * Closes a listening socket and none of its connections; resolves when the last one is gone. The file of a UNIX socket stays, since another
 * process listens on it.
 */
export function closeListening(server: Server, endpoint: Endpoint): Promise<void> {
  if (!server.listening) return Promise.resolve();
  const gone = new Promise<void>((resolve) => server.once('close', resolve));
  // Node removes the file of a socket that it has opened.
  const file = endpoint.kind === 'socket' && endpoint.descriptor === undefined ? endpoint.path : undefined;
  const kept = `${file}.${process.pid}`;
  if (file !== undefined) linkSync(file, kept);
  // What http and http2 do besides ends connections.
  Server.prototype.close.call(server);
  if (file !== undefined) renameSync(kept, file);
  return gone;
}

/** What another process needs to listen there as well; undefined where nothing listens. */
export function passable(server: Server, endpoint: Endpoint): Omit<ListeningSocket, 'name'> | undefined {
  // Not in Node's documentation, but what it passes itself for workers of a cluster.
  const { _handle: handle } = server as unknown as { readonly _handle: object | null };
  if (!server.listening || handle === null) return undefined;
  const { kind } = endpoint;
  const place = kind === 'port' ? { kind, host: endpoint.host, port: portOf(server) } : { kind, path: endpoint.path };
  return { place, handle };
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
