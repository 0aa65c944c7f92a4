import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { becomes } from '../harness/becomes.js';
import { inRoot } from '../harness/paths.js';
import { freePorts } from '../harness/ports.js';
import { Clients, type Entry } from './clients.js';
import type { Upstream } from './servers.js';

/** What a gateway does beyond what all of them have to do. */
export interface GatewayTraits {
  readonly name: string;
  /** Sends a refusal with `x-millrace-not-run` to the other server. */
  readonly retriesRefusals: boolean;
  /** The status of a request without a client certificate; undefined = the handshake fails. */
  readonly withoutCertificate: number | undefined;
}

/** What a test puts in place of the example's addresses and files. */
export interface Placement {
  /** An empty one. */
  readonly folder: string;
  readonly upstreams: readonly [Upstream, Upstream];
  /** Certificates and keys: `server`, `clients-ca`. */
  readonly tls: string;
  readonly httpsPort: number;
  readonly grpcPort: number;
  /** For what the suite asks of the gateway itself. */
  readonly adminPort: number;
}

/** A placement without the gateway's ports. */
export type Setup = Omit<Placement, 'httpsPort' | 'grpcPort' | 'adminPort'>;

export interface Prepared {
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly ejections?: Gateway['ejections'];
}

export interface GatewayKind extends GatewayTraits {
  /** Settings of the servers that docs/gateways.md names for this gateway alone. */
  readonly serverSettings?: object;
  /** Writes its configuration; gives the program and its arguments. */
  prepare(placement: Placement): Prepared;
}

/** A gateway that runs a configuration of deploy/gateways. */
export interface Gateway extends GatewayTraits, Entry, AsyncDisposable {
  /** How often it has left out a server for failures; undefined = it does not tell. */
  readonly ejections: (() => Promise<number>) | undefined;
}

/** Writes a configuration of deploy/gateways into the folder, changed where `replaced` says; gives its path. Throws where something to replace is missing. */
export function placeConfiguration(
  { folder }: Placement,
  name: string,
  replaced: Readonly<Record<string, string>>,
): string {
  let text = readFileSync(inRoot('deploy/gateways', name), 'utf8');
  for (const [example, real] of Object.entries(replaced)) {
    if (!text.includes(example)) throw new Error(`deploy/gateways/${name} has no '${example}'`);
    text = text.replaceAll(example, real);
  }
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Starts a gateway; resolves once both servers can be reached through it. */
export async function startGateway(kind: GatewayKind, setup: Setup): Promise<Gateway> {
  const [httpsPort = 0, grpcPort = 0, adminPort = 0] = await freePorts(3);
  const placement = { ...setup, httpsPort, grpcPort, adminPort };
  const { command, env = {}, ejections } = kind.prepare(placement);
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const { name, retriesRefusals, withoutCertificate } = kind;
  const gateway: Gateway = {
    name,
    retriesRefusals,
    withoutCertificate,
    url: `https://127.0.0.1:${placement.httpsPort}`,
    grpcAddress: `127.0.0.1:${placement.grpcPort}`,
    ejections,
    [Symbol.asyncDispose]: () => end(child),
  };
  await using clients = new Clients(gateway, placement.tls);
  let lastError = 'not ready';
  const isUp = await becomes(async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${output}`);
    try {
      return (await clients.ready()) && (await clients.grpcReady());
    } catch (error) {
      lastError = (error as Error).message;
      return false;
    }
  });
  if (!isUp) {
    await end(child);
    throw new Error(`${name} does not start: ${lastError}; ${output}`);
  }
  return gateway;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  // Not SIGQUIT, at which nginx waits for its clients.
  child.kill('SIGTERM');
  await closed;
}
