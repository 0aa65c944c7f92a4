import { SerialQueue } from '../async/index.js';
import { type Clock, type EventBus, invalidArgument, MillraceError, shuttingDown, within } from '../core/index.js';
import { type JudgeSource, type Permission, parseAllowed } from './allowed-sources.js';
import type { ModelFileNames } from './choose-files.js';
import { formatDigest } from './digest.js';
import { MAX_CACHE_BYTES, STALL_MS } from './limits.js';
import { lacksFiles, readLock } from './lock.js';
import { cacheFolder, DownloadCache } from './network/cache.js';
import { HttpClient } from './network/http-client.js';
import type { SourcesOptions } from './options.js';
import { type PulledModel, type PullOrder, pullModel } from './pull.js';
import type { Surroundings } from './registries/registry.js';
import { parseSource } from './source.js';

/** Pulls that wait for the one that is under way. */
const MAX_WAITING = 16;
const MAX_CLOSING_MS = 5_000;

export interface PullerSetup {
  readonly options: SourcesOptions;
  readonly surroundings: Surroundings;
  readonly names: ModelFileNames;
  readonly clock: Clock;
  readonly events: EventBus;
}

export interface PullWatch {
  /** Ends the pull with its reason; what has come by then is kept for the next one. */
  readonly signal: AbortSignal;
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
}

/**
 * Pulls for callers from the network: only what `sources.allow` has, one model at a time, and never from internal addresses that nobody
 * has configured.
 */
export class Puller {
  readonly #setup: PullerSetup;
  readonly #judge: JudgeSource;
  readonly #cache: DownloadCache;
  readonly #closing = new AbortController();
  readonly #turns = new SerialQueue();
  #waiting = 0;

  /** Throws `invalid_argument` where a pattern of the options is none. */
  constructor(setup: PullerSetup) {
    this.#setup = setup;
    const { options, surroundings } = setup;
    this.#judge = parseAllowed(options.allow);
    this.#cache = new DownloadCache(options.cacheFolder || cacheFolder(surroundings), MAX_CACHE_BYTES);
  }

  /** Whether a model with this `source` may be pulled. */
  allows(source: string): boolean {
    return this.#judge(parseSource(source)) !== undefined;
  }

  /** Throws `invalid_argument` for what is no source from elsewhere, and `permission_denied` for what the settings do not have. */
  check(source: string): Permission {
    const parsed = parseSource(source);
    if (parsed.kind === 'file') {
      throw invalidArgument(`a load pulls from npm:, pypi:, hf: and https:// only, got '${source}'`);
    }
    const permission = this.#judge(parsed);
    if (permission !== undefined) return permission;
    const message = `the setting \`sources.allow\` has no pattern for '${source}', so no load pulls it`;
    throw new MillraceError('permission_denied', message);
  }

  /** Whether files are missing that the lock in a model's folder has; false where there is no lock. */
  async lacksFiles(folder: string): Promise<boolean> {
    const lock = await readLock(folder);
    return lock !== undefined && (await lacksFiles(folder, lock));
  }

  /**
   * Makes a model be there as `millrace pull` does, once those before it are. Rejects as {@link pullModel} and {@link check} do; with
   * `resource_exhausted` where too many wait or the disk is full, `deadline_exceeded` after `sources.timeoutMs`.
   */
  async pull(order: Omit<PullOrder, 'update'>, watch: PullWatch): Promise<PulledModel> {
    const permission = this.check(order.source);
    const signal = AbortSignal.any([watch.signal, this.#closing.signal]);
    signal.throwIfAborted();
    if (this.#waiting > MAX_WAITING) {
      const message = `${MAX_WAITING} models wait to be pulled already; try again later`;
      throw new MillraceError('resource_exhausted', message, { retryAfterMs: 10_000 });
    }
    this.#waiting++;
    const turn = this.#turns.run(() => this.#pullNow(order, permission, { ...watch, signal }));
    try {
      return await orAborted(turn, signal);
    } finally {
      this.#waiting--;
    }
  }

  /** Ends all pulls; resolves when they are over, or a little later where one is just being unpacked. */
  close(): Promise<void> {
    this.#closing.abort(shuttingDown());
    return within(this.#setup.clock, MAX_CLOSING_MS, this.#turns.idle());
  }

  async #pullNow(
    order: Omit<PullOrder, 'update'>,
    { namesHost }: Permission,
    { signal: ended, onProgress }: PullWatch,
  ): Promise<PulledModel> {
    ended.throwIfAborted();
    const { options, surroundings, names, clock } = this.#setup;
    const late = new AbortController();
    const timer = clock.setTimer(options.timeoutMs, () => late.abort(tooLate(order, options.timeoutMs)));
    const signal = AbortSignal.any([ended, late.signal]);
    const internalAdvice = 'no load goes where the settings do not';
    const client = new HttpClient({ clock, stallMs: STALL_MS, allowPrivate: false, internalAdvice, signal });
    const { maxBytes } = options;
    const setup = { surroundings, client, cache: this.#cache, maxBytes, names, distrustsUrls: !namesHost };
    this.#tell('info', `pulling model '${order.name}' from ${order.source}`);
    try {
      const pulled = await pullModel({ ...order, update: false }, { ...setup, signal, onProgress });
      const { artefact, url, digest, files } = pulled.lock;
      const what = `${artefact ?? url ?? order.source}, ${formatDigest(digest)}`;
      this.#tell(
        'info',
        `model '${order.name}' is pulled (${pulled.outcome}): ${what}; ${Object.keys(files).join(', ')}`,
      );
      return pulled;
    } catch (error) {
      const reason = told(error);
      this.#tell('warn', `model '${order.name}' is not pulled from ${order.source}: ${reason.message}`);
      throw reason;
    } finally {
      timer.clear();
    }
  }

  #tell(level: 'info' | 'warn', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'sources', message });
  }
}

function tooLate({ name, source }: Pick<PullOrder, 'name' | 'source'>, timeoutMs: number): MillraceError {
  const message = `model '${name}' could not be pulled from ${source} within ${timeoutMs} ms (sources.timeoutMs); the next load continues`;
  return new MillraceError('deadline_exceeded', message);
}

/** What the system refuses, as something that a caller can do something about. */
function told(error: unknown): Error {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof MillraceError || syscall === undefined) return error as Error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MillraceError('resource_exhausted', `there is no room for it: ${message}`, { cause: error });
  }
  return new MillraceError('failed_precondition', `it cannot be put into its place: ${message}`, { cause: error });
}

/** Whoever does not wait any more leaves at once, also while others have their turn. */
function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
