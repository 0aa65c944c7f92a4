import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { becomes } from '../harness/becomes.js';
import { inRoot } from '../harness/paths.js';
import { freePort } from '../image/engine.js';
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
}

export interface GatewayKind extends GatewayTraits {
  /** Settings of the servers that docs/gateways.md names for this gateway alone. */
  readonly serverSettings?: object;
  /** Writes its configuration; gives the program and its arguments. */
  prepare(placement: Placement): { readonly command: readonly string[]; readonly env?: NodeJS.ProcessEnv };
}

/** A gateway that runs a configuration of deploy/gateways. */
export interface Gateway extends GatewayTraits, Entry, AsyncDisposable {
  /** What it has written to its standard output and error. */
  output(): string;
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
export async function startGateway(
  kind: GatewayKind,
  setup: Omit<Placement, 'httpsPort' | 'grpcPort'>,
): Promise<Gateway> {
  const placement = { ...setup, httpsPort: await freePort(), grpcPort: await freePort() };
  const { command, env = {} } = kind.prepare(placement);
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
    output: () => output,
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
