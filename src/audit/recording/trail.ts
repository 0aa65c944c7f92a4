import { hash } from 'node:crypto';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { GroupedThread, startThread } from '../../async/index.js';
import { type CallContext, type Clock, type Events, MillraceError, messageOf, type Timer } from '../../core/index.js';
import { parsePatterns } from '../../text/index.js';
import { canonicalJson } from '../chain/canonical-json.js';
import type { EncodedEntry } from '../chain/link.js';
import { type AuditEntry, type Deed, encodeEntry } from '../entries.js';
import type { AuditOptions } from '../options.js';
import type { AuditFilter } from '../reading/filter.js';
import { type Page, type PageOptions, searchTrail } from '../reading/search.js';
import { fromFault } from '../writing/faults.js';
import type { AppendRequest, WriterFault, WriterSetup } from '../writing/messages.js';
import { askerOf, shorten } from './asker.js';
import { InferenceBuffer } from './inference-buffer.js';
import { IsoTime } from './iso-time.js';
import { Refusals } from './refusals.js';

const ENTRY = new URL('../writing/thread-main.js', import.meta.url).href;
/** Of what something was and is now, as canonical JSON. */
const MAX_VALUE_LENGTH = 65_536;
const REFUSAL_WINDOW_MS = 60_000;
/** That go on at the same time. */
const MAX_SEARCHES = 4;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What something was and is now, as JSON has it; undefined = it was not, or is not any more. */
export interface AuditChange {
  readonly before: unknown;
  readonly after: unknown;
}

/** A change that was recorded before it began. */
export interface Intent extends Deed {
  readonly call: CallContext;
  readonly seq: number;
}

/** How a change ended. */
export interface Ending {
  /** `ok`, or an error code. */
  readonly outcome: string;
  readonly change?: AuditChange | undefined;
}

/** Who did what to what: implemented here, used by whoever does it. */
export interface AuditTrail {
  /** Records a change before it is made. Resolves when that is on the disk; rejects with `unavailable` where it cannot be. */
  begin(call: CallContext, deed: Deed): Promise<Intent | undefined>;
  /** Records what came of it; where that cannot be recorded, the log tells. */
  end(intent: Intent | undefined, ending: Ending): void;
  /** Records that something was refused, once for each error. */
  refuse(call: CallContext, deed: Deed, error: MillraceError): void;
  /** Records an inference, where the settings say so. */
  infer(event: Events['inferFinished']): void;
  /** Throws `unavailable` where an inference would leave no entry, and is to be refused then. */
  checkInference(name: string): void;
  /** Entries that match, the newest first. Rejects with `failed_precondition` where there is no trail, `resource_exhausted` where many look at once. */
  search(filter: AuditFilter, page: PageOptions): Promise<Page>;
  /** Ends the chain. */
  close(): Promise<void>;
}

export interface TrailSetup {
  readonly options: AuditOptions;
  readonly clock: Clock;
  /** Of millrace. */
  readonly version: string;
  readonly warn: (message: string, error?: unknown) => void;
  /** Tests put another in its place. */
  readonly start?: (setup: WriterSetup) => Worker;
}

/** A trail in the files of a folder, written by a thread of its own, which starts with the first entry. */
export class FileTrail implements AuditTrail {
  readonly #setup: TrailSetup;
  /** Absolute. */
  readonly #folder: string;
  readonly #thread: GroupedThread<AppendRequest, WriterFault>;
  readonly #refusals = new Refusals();
  /** Those that were recorded. */
  readonly #refused = new WeakSet<MillraceError>();
  readonly #inferences: InferenceBuffer;
  readonly #isRecorded: (name: string) => boolean;
  #refusalTimer: Timer | undefined;
  #lastNotice = '';
  readonly #isoTime = new IsoTime();
  /** That go on. */
  #searches = 0;
  /** What was sent last: the thread keeps the order. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(setup: TrailSetup) {
    const { options, clock, version, start = startWriter } = setup;
    this.#setup = setup;
    const writerSetup = writerSetupOf(options, version);
    this.#folder = writerSetup.folder;
    this.#thread = new GroupedThread({
      subject: `the audit trail '${this.#folder}'`,
      clock,
      start: () => start(writerSetup),
      toError: fromFault,
      onNotice: (notice) => this.#notice(String(notice)),
    });
    const { inferences, models, whenBehind } = options;
    this.#isRecorded = inferences === 'none' ? () => false : parsePatterns(models).matches;
    this.#inferences = new InferenceBuffer({
      write: (entries) => this.#appendInferences(entries),
      clock,
      keepsAll: whenBehind === 'refuse',
    });
  }

  async begin(call: CallContext, { action, resource }: Deed): Promise<Intent> {
    const deed = { action, resource: shorten(resource) };
    const entry: AuditEntry = { type: 'intent', time: this.#time(), ...deed, ...askerOf(call) };
    try {
      return { ...deed, call, seq: await this.#append([encodeEntry(entry)], true) };
    } catch (cause) {
      const message = `nothing is changed, since it cannot be recorded: ${messageOf(cause)}`;
      throw new MillraceError('unavailable', message, { cause });
    }
  }

  end(intent: Intent, { outcome, change }: Ending): void {
    const { action, resource, call, seq } = intent;
    const entry = {
      type: 'outcome',
      time: this.#time(),
      action,
      resource,
      ...askerOf(call),
      intent: seq,
      outcome,
      ...(change && bounded(change)),
    } as const;
    this.#append([encodeEntry(entry)], true).catch((error: unknown) => {
      // What has been done stays done, and its beginning is recorded.
      this.#setup.warn(`the end of ${action} ${resource} (${outcome}) could not be recorded`, error);
    });
  }

  refuse(call: CallContext, { action, resource }: Deed, error: MillraceError): void {
    if (this.#refused.has(error)) return;
    this.#refused.add(error);
    const deed = { action: shorten(action), resource: shorten(resource) };
    const entry = this.#refusals.add({ time: this.#time(), ...deed, ...askerOf(call), outcome: refusalOf(error).code });
    if (entry !== undefined) this.#appendRefusals([entry]);
    this.#refusalTimer ??= this.#setup.clock.setTimer(REFUSAL_WINDOW_MS, () => this.#endWindow());
  }

  infer(event: Events['inferFinished']): void {
    const { call, target, error } = event;
    if (error instanceof TrailBehind) return;
    // What a model asks of another one is its own affair.
    if (call.callers.length > 0 || call.account === 'none' || !this.#isRecorded(target.name)) return;
    const withDigest = this.#setup.options.inferences === 'digest';
    this.#inferences.add(event, { withDigest, time: this.#time() });
  }

  checkInference(name: string): void {
    if (!this.#inferences.isFull || this.#setup.options.whenBehind === 'drop' || !this.#isRecorded(name)) return;
    throw new TrailBehind();
  }

  async search(filter: AuditFilter, page: PageOptions): Promise<Page> {
    if (this.#searches >= MAX_SEARCHES) {
      const message = `${MAX_SEARCHES} others are looking through the audit trail; try again later`;
      throw new MillraceError('resource_exhausted', message, { retryAfterMs: 1_000 });
    }
    this.#searches++;
    try {
      await this.#inferences.flush();
      await this.#last.catch(() => undefined);
      return await searchTrail(this.#folder, filter, page);
    } finally {
      this.#searches--;
    }
  }

  async close(): Promise<void> {
    this.#refusalTimer?.clear();
    this.#appendRefusals(this.#refusals.endWindow());
    await this.#inferences.close();
    await this.#thread.close();
  }

  /** Gives the place of the first. */
  #append(entries: readonly EncodedEntry[], isDurable: boolean): Promise<number> {
    // The thread answers with a number.
    const seq = this.#thread.request({ entries, isDurable }) as Promise<number>;
    this.#last = seq;
    return seq;
  }

  async #appendInferences(entries: readonly EncodedEntry[]): Promise<void> {
    try {
      await this.#append(entries, false);
    } catch (error) {
      this.#notice(`inferences could not be recorded: ${messageOf(error)}`);
      throw error;
    }
  }

  #appendRefusals(entries: readonly AuditEntry[]): void {
    if (entries.length === 0) return;
    this.#append(entries.map(encodeEntry), false).catch((error: unknown) =>
      this.#notice(`${entries.length} refusals could not be recorded: ${messageOf(error)}`),
    );
  }

  #endWindow(): void {
    this.#appendRefusals(this.#refusals.endWindow());
    this.#refusalTimer = this.#refusals.isEmpty
      ? undefined
      : this.#setup.clock.setTimer(REFUSAL_WINDOW_MS, () => this.#endWindow());
  }

  /** What goes on is told once. */
  #notice(message: string): void {
    if (message === this.#lastNotice) return;
    this.#lastNotice = message;
    this.#setup.warn(message);
  }

  #time(): string {
    return this.#isoTime.format(this.#setup.clock.wallNow());
  }
}

/** What is large is named by its size and SHA-256: a trail is no place for it. */
function bounded({ before, after }: AuditChange): AuditChange {
  const bound = (value: unknown) => {
    const text = canonicalJson(value);
    if (text.length <= MAX_VALUE_LENGTH) return value;
    return { characters: text.length, sha256: hash('sha256', text, 'hex') };
  };
  return { before: before && bound(before), after: after && bound(after) };
}

/** An inference is refused, since it would leave no entry; neither does that. */
class TrailBehind extends MillraceError {
  constructor() {
    const message = 'the audit trail cannot record further inferences for the moment; try again later';
    super('unavailable', message, { retryAfterMs: 1_000 });
    this.name = 'TrailBehind';
  }
}

/** What is behind an error: who does not see something is told that it is not there, which is a refusal. */
function refusalOf(error: MillraceError): MillraceError {
  const { cause } = error;
  return cause instanceof MillraceError && cause.code === 'permission_denied' ? cause : error;
}

/** Nothing is recorded. */
export const NO_TRAIL: AuditTrail = {
  begin: async () => undefined,
  end: () => undefined,
  refuse: () => undefined,
  infer: () => undefined,
  checkInference: () => undefined,
  async search() {
    throw new MillraceError('failed_precondition', 'this server keeps no audit trail; `audit.enabled` switches it on');
  },
  close: async () => undefined,
};

function writerSetupOf(options: AuditOptions, version: string): WriterSetup {
  const { folder, keepDays, maxSizeBytes, checkpointFile } = options;
  return {
    folder: path.resolve(folder),
    segmentSizeBytes: options.segmentSizeBytes,
    segmentMs: options.segmentHours * HOUR_MS,
    keepMs: keepDays === 0 ? Number.POSITIVE_INFINITY : keepDays * DAY_MS,
    maxSizeBytes: maxSizeBytes === 0 ? Number.POSITIVE_INFINITY : maxSizeBytes,
    checkpointFile: checkpointFile === '' ? '' : path.resolve(checkpointFile),
    checkpointIntervalMs: options.checkpointIntervalMs,
    keyFile: keyFileOf(options),
    version,
  };
}

/** Where the key lies that signs checkpoints. */
export function keyFileOf({ folder, keyFile }: Pick<AuditOptions, 'folder' | 'keyFile'>): string {
  return keyFile === '' ? path.resolve(folder, 'checkpoint-key.pem') : path.resolve(keyFile);
}

function startWriter(setup: WriterSetup): Worker {
  return startThread(ENTRY, { name: 'millrace-audit', data: setup });
}
