import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../core/index.js';
import { type ChainedEntry, type Head, link, startOf } from '../chain/link.js';
import { chainName, type Segment, segmentName, segmentsAmong } from '../chain/segments.js';
import { TextBytes } from '../chain/text-bytes.js';
import { signCheckpoint } from '../checkpoints/checkpoint.js';
import { openSigningKey, restoreSigningKey, type SigningKey } from '../checkpoints/key.js';
import { type AuditEntry, encodeEntry } from '../entries.js';
import { lastEntryAmong, lastEntryOf } from './last-entry.js';
import type { AppendRequest, WriterSetup } from './messages.js';
import { type Disk, SegmentFile, SYSTEM_DISK } from './segment-file.js';

/** How often it is looked whether anything is to be removed by rule, where no segment ends. */
const RETENTION_INTERVAL_MS = 3_600_000;

/** Where time comes from and bytes go; tests put others in their place. */
export interface WriterSurroundings {
  readonly disk: Disk;
  readonly wallNow: () => number;
  /** Something to put right that keeps no entry from being written. */
  readonly warn: (message: string) => void;
}

interface OpenSegment {
  readonly index: number;
  readonly file: SegmentFile;
  readonly openedAtMs: number;
}

/** Writes the chain of one process: waits for the disk, so it has a thread of its own. The chain begins with the first entry. */
export class ChainWriter {
  readonly #setup: WriterSetup;
  readonly #surroundings: WriterSurroundings;
  /** Those that are being written. */
  readonly #lines = new TextBytes();
  #head: Head | undefined;
  #key: SigningKey | undefined;
  #segment: OpenSegment | undefined;
  /** Something that was written is gone, and no entry says so yet. */
  #lacksGap = false;
  /** Of the last segment that was made. */
  #index = 0;
  /** What checkpoints know of. */
  #checkedSeq = 0;
  #checkedAtMs = 0;
  #cutAtMs = 0;

  constructor(setup: WriterSetup, surroundings: Partial<WriterSurroundings> = {}) {
    this.#setup = setup;
    this.#surroundings = { disk: SYSTEM_DISK, wallNow: Date.now, warn: () => undefined, ...surroundings };
  }

  /** Writes the entries of all requests, or none: then it throws. Gives the `seq` of the first entry of each. */
  append(requests: readonly AppendRequest[]): readonly number[] {
    const segment = this.#open();
    let head = this.#headOrThrow();
    const seqs: number[] = [];
    const lines = this.#lines;
    lines.cut(0);
    for (const { entries } of requests) {
      seqs.push(head.seq + 1);
      for (const entry of entries) head = link(head, entry, lines);
    }
    const isDurable = requests.some((request) => request.isDurable);
    segment.file.append(lines.from(0), isDurable);
    this.#head = head;
    if (segment.file.sizeBytes >= this.#setup.segmentSizeBytes) this.#endSegment();
    return seqs;
  }

  /** Does what is due: syncs what was written, ends a segment that is old, signs a checkpoint, removes what the rules say. */
  tick(): void {
    if (this.#head === undefined || this.#head.seq === 0) return;
    const now = this.#surroundings.wallNow();
    // A removed folder is noticed now, not only at the next change.
    if (this.#segment?.file.isGone) this.#attempt(() => this.#open());
    this.#attempt(() => this.#segment?.file.sync());
    const { segmentMs, checkpointIntervalMs } = this.#setup;
    const isOld = this.#segment !== undefined && now - this.#segment.openedAtMs >= segmentMs;
    if (isOld) this.#attempt(() => this.#endSegment());
    if (now - this.#checkedAtMs >= checkpointIntervalMs) this.#attempt(() => this.#check(now));
    if (now - this.#cutAtMs >= RETENTION_INTERVAL_MS || now < this.#cutAtMs) this.#attempt(() => this.#cut(now));
  }

  /** The server has stopped in order: says so in the chain, where there is one. */
  close(): void {
    if (this.#head === undefined || this.#head.seq === 0) return;
    this.#attempt(() => this.#appendOwn({ type: 'end', time: this.#time() }));
    this.#attempt(() => this.#check(this.#surroundings.wallNow()));
    this.#attempt(() => this.#endSegment());
    this.#head = undefined;
  }

  #open(): OpenSegment {
    if (this.#segment?.file.isGone === true) {
      this.#surroundings.warn(`'${this.#segment.file.file}' was removed or replaced while the server wrote it`);
      this.#segment.file.close();
      this.#segment = undefined;
      this.#lacksGap = true;
    }
    this.#head ??= this.#beginChain();
    this.#segment ??= this.#openSegment(this.#head.chain);
    // A chain that could not begin has a name, and no entry yet.
    if (this.#head.seq === 0) this.#writeBeginning(this.#segment);
    else if (this.#lacksGap) this.#writeFirst({ type: 'gap', time: this.#time(), last: this.#head }, this.#segment);
    this.#lacksGap = false;
    return this.#segment;
  }

  #beginChain(): Head {
    const { folder, keyFile } = this.#setup;
    makeFolder(folder);
    this.#key = openSigningKey(keyFile);
    return startOf(chainName(this.#surroundings.wallNow(), randomBytes(4)));
  }

  #writeBeginning(segment: OpenSegment): void {
    const head = this.#headOrThrow();
    const previous = lastEntryAmong(this.#segments().filter(({ chain }) => chain !== head.chain));
    const entry: AuditEntry = {
      type: 'begin',
      time: this.#time(),
      version: this.#setup.version,
      key: this.#key?.fingerprint ?? '',
      ...(previous && { previous_chain: headOf(previous) }),
    };
    this.#writeFirst(entry, segment);
  }

  #writeFirst(entry: AuditEntry, { file }: OpenSegment): void {
    const lines = new TextBytes();
    const next = link(this.#headOrThrow(), encodeEntry(entry), lines);
    file.append(lines.from(0), true);
    this.#head = next;
  }

  #openSegment(chain: string): OpenSegment {
    const { folder, keyFile } = this.#setup;
    if (makeFolder(folder)) this.#lacksGap = true;
    if (this.#key !== undefined) restoreSigningKey(keyFile, this.#key);
    const index = this.#index + 1;
    const file = new SegmentFile(path.join(folder, segmentName(chain, index)), this.#surroundings.disk);
    this.#index = index;
    return { index, file, openedAtMs: this.#surroundings.wallNow() };
  }

  #endSegment(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    segment?.file.close();
    this.#cutAtMs = 0;
  }

  #appendOwn(entry: AuditEntry): void {
    this.append([{ entries: [encodeEntry(entry)], isDurable: true }]);
  }

  /** Signs the head, where something was written since the last time. */
  #check(now: number): void {
    const { checkpointFile } = this.#setup;
    const head = this.#headOrThrow();
    this.#checkedAtMs = now;
    if (checkpointFile === '' || this.#key === undefined || head.seq === this.#checkedSeq) return;
    // What a checkpoint names must be there after a loss of power.
    this.#segment?.file.sync();
    const { privateKey, fingerprint: key } = this.#key;
    const line = signCheckpoint({ ...head, time: this.#time(), key }, privateKey);
    try {
      mkdirSync(path.dirname(checkpointFile), { recursive: true, mode: 0o700 });
      appendFileSync(checkpointFile, `${line}\n`, { mode: 0o600, flush: true });
    } catch (error) {
      const reason = messageOf(error);
      throw new Error(`no checkpoint could be written (audit.checkpointFile): ${reason}`);
    }
    this.#checkedSeq = head.seq;
  }

  /** Removes segments, the oldest first, as the rules say: what is removed is said in the chain before. */
  #cut(now: number): void {
    this.#cutAtMs = now;
    for (;;) {
      const [oldest, ...others] = this.#segments();
      if (oldest === undefined || others.length === 0 || oldest.file === this.#segment?.file.file) return;
      const last = lastEntryOf(oldest);
      if (last === undefined && sizeOf(oldest) > 0) {
        this.#surroundings.warn(`'${oldest.file}' has no entry that can be read: nothing is removed by rule`);
        return;
      }
      if (last === undefined) {
        unlinkSync(oldest.file);
        continue;
      }
      const ageMs = now - Date.parse(String(last.entry.time));
      const totalBytes = [oldest, ...others].reduce((sum, segment) => sum + sizeOf(segment), 0);
      const rule = ruleToCut({ ageMs, totalBytes }, this.#setup);
      if (rule === undefined) return;
      const until = String(last.entry.time);
      this.#appendOwn({ type: 'cut', time: this.#time(), last: headOf(last), until, rule });
      unlinkSync(oldest.file);
    }
  }

  #segments(): readonly Segment[] {
    return segmentsAmong(readdirSync(this.#setup.folder), this.#setup.folder);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#surroundings.warn(messageOf(error));
    }
  }

  #headOrThrow(): Head {
    if (this.#head === undefined) throw new Error('the chain has not begun');
    return this.#head;
  }

  #time(): string {
    return new Date(this.#surroundings.wallNow()).toISOString();
  }
}

/** For its owner alone; whether there was none. */
function makeFolder(folder: string): boolean {
  return mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
}

function headOf({ chain, seq, hash }: ChainedEntry): Head {
  return { chain, seq, hash };
}

function sizeOf({ file }: Segment): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What decides how long segments are kept. */
interface RetentionRules {
  readonly keepMs: number;
  readonly maxSizeBytes: number;
}

const DAY_MS = 86_400_000;

/**
 * The rule by which the oldest segment is to go, in the words of the settings, where its last entry is so old and all of them have so
 * many bytes; undefined where it may stay. A clock that jumps back keeps more.
 */
function ruleToCut(
  { ageMs, totalBytes }: { readonly ageMs: number; readonly totalBytes: number },
  { keepMs, maxSizeBytes }: RetentionRules,
): string | undefined {
  if (ageMs > keepMs) return `audit.keepDays ${keepMs / DAY_MS}`;
  return totalBytes > maxSizeBytes ? `audit.maxSizeBytes ${maxSizeBytes}` : undefined;
}
