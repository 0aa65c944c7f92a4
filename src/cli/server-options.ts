import { createSecureContext } from 'node:tls';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ClientOptions, connect, type MillraceClient, MillraceClientError } from '../client/index.js';
import { invalidArgument } from '../core/index.js';
import { didYouMean } from '../text/index.js';
import { readText } from './files.js';
import type { Io } from './io.js';
import { createTlsFetch, type TlsOptions, trustedBeside } from './tls-fetch.js';

/** How to reach a server, as every command that talks to one takes it. */
export interface ServerFlags {
  readonly url: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly certKeyFile?: string;
  readonly timeout?: number;
}

/** Of commands that print what the server answers. */
export interface CommonFlags extends ServerFlags {
  readonly json?: true;
}

/** The variable that holds the bearer key. */
export const KEY_VARIABLE = 'MILLRACE_KEY';

export function addServerFlags(command: Command): Command {
  return addCredentialFlags(
    command.addOption(
      new Option('-u, --url <url>', 'address of the server').env('MILLRACE_URL').default('http://127.0.0.1:8000'),
    ),
  );
}

/** Those of {@link ServerFlags} but for the address. */
export function addCredentialFlags(command: Command): Command {
  return command
    .addOption(new Option('--key <key>', 'bearer key; others on this machine see flags').env(KEY_VARIABLE))
    .option('--key-file <path>', 'file with the bearer key')
    .option('--ca-file <path>', "PEM file with the server's certificate, or that of its authority, to trust")
    .option('--cert-file <path>', 'PEM file with the certificate, and its chain, to show to the server')
    .option('--cert-key-file <path>', 'PEM file with the private key of --cert-file')
    .option('--timeout <ms>', 'give up after this many milliseconds', parseNumber);
}

/** Those of {@link CommonFlags}. */
export function addCommonFlags(command: Command): Command {
  return addServerFlags(command).option('--json', 'print JSON');
}

/** The bearer key that the flags give, or name a file of. */
export async function findKey(io: Io, flags: ServerFlags): Promise<string | undefined> {
  return flags.keyFile === undefined ? flags.key : (await readText(io, flags.keyFile)).trim();
}

/** Whom to trust in TLS, and what to show; undefined = all is as usual. Throws `invalid_argument`. */
export async function findTls(io: Io, flags: ServerFlags): Promise<TlsOptions | undefined> {
  const ca = await findCa(io, flags);
  const identity = await findCertificate(io, flags);
  if (ca === undefined && identity === undefined) return undefined;
  return { ...(ca && { ca: trustedBeside(ca) }), ...(identity && { identity }) };
}

/** The certificate to show, with its private key. */
async function findCertificate(io: Io, { certFile, certKeyFile }: ServerFlags): Promise<TlsOptions['identity']> {
  if (certFile === undefined && certKeyFile === undefined) return undefined;
  if (certFile === undefined || certKeyFile === undefined) {
    throw invalidArgument('a certificate to show needs both --cert-file and --cert-key-file');
  }
  const identity = { cert: await readText(io, certFile), key: await readText(io, certKeyFile) };
  try {
    createSecureContext(identity);
    return identity;
  } catch (error) {
    throw invalidArgument(`${certFile} and ${certKeyFile} are not usable: ${(error as Error).message}`);
  }
}

/** The certificates to trust beside the usual ones, as PEM. */
async function findCa(io: Io, { caFile }: ServerFlags): Promise<string | undefined> {
  if (caFile === undefined) return undefined;
  const ca = await readText(io, caFile);
  try {
    createSecureContext({ ca });
    if (ca.includes('-----BEGIN CERTIFICATE-----')) return ca;
  } catch {
    // Told below.
  }
  throw invalidArgument(`${caFile} holds no PEM certificate`);
}

export async function connectTo(io: Io, flags: ServerFlags): Promise<MillraceClient> {
  return connect(flags.url, await clientOptions(io, flags));
}

/** What the flags say to every client of the server. */
export async function clientOptions(io: Io, flags: ServerFlags): Promise<ClientOptions> {
  const key = await findKey(io, flags);
  const tls = await findTls(io, flags);
  return {
    ...(key === undefined ? {} : { key }),
    ...(tls === undefined ? {} : { fetch: createTlsFetch(tls) }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
  };
}

/** Runs `work`; when it finds that there is no such model, says which one may have been meant. */
export async function suggestingModels<T>(client: MillraceClient, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MillraceClientError) || error.code !== 'not_found') throw error;
    const index = await client.models().catch(() => []);
    const hint = didYouMean(
      name,
      index.map((entry) => entry.name).filter((known) => known !== name),
    );
    const { status, requestId } = error;
    throw new MillraceClientError('not_found', `${error.message}${hint}`, { status, requestId, cause: error });
  }
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError(`Expected a number, got '${text}'.`);
  }
  return value;
}

export function parseInteger(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`Expected an integer, got '${text}'.`);
  }
  return value;
}

export function parseCount(text: string): number {
  const value = parseNumber(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError(`Expected 1 or more, got '${text}'.`);
  return value;
}

/** For options that may be given several times. */
export function collect<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => readonly T[] {
  return (text, before = []) => [...before, parse(text)];
}
