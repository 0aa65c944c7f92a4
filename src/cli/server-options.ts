import { type Command, InvalidArgumentError } from 'commander';
import { connect, type MillraceClient, MillraceClientError } from '../client/index.js';
import { CLIENT_VARIABLES, didYouMean } from '../config/index.js';
import { readText } from './files.js';
import type { Io } from './io.js';

/** How to reach a server, as every command that talks to one takes it. */
export interface ServerFlags {
  readonly url?: string;
  readonly keyFile?: string;
  readonly timeout?: number;
}

const DEFAULT_URL = 'http://127.0.0.1:8000';

export function addServerFlags(command: Command): Command {
  return command
    .option('-u, --url <url>', `address of the server (default: $${CLIENT_VARIABLES.url}, else ${DEFAULT_URL})`)
    .option('--key-file <path>', `file with the bearer key (default: $${CLIENT_VARIABLES.key} itself)`)
    .option('--timeout <ms>', 'give up after this many milliseconds', parseNumber);
}

/** The address and the key that flags and environment say. */
export async function findServer(
  io: Io,
  flags: ServerFlags,
): Promise<{ readonly url: string; readonly key: string | undefined }> {
  return {
    url: flags.url ?? io.env[CLIENT_VARIABLES.url] ?? DEFAULT_URL,
    key: flags.keyFile === undefined ? io.env[CLIENT_VARIABLES.key] : (await readText(io, flags.keyFile)).trim(),
  };
}

export async function connectTo(io: Io, flags: ServerFlags): Promise<MillraceClient> {
  const { url, key } = await findServer(io, flags);
  return connect(url, {
    ...(key === undefined ? {} : { key }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
  });
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
