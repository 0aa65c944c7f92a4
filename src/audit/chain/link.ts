import { hash } from 'node:crypto';
import type { TextBytes } from './text-bytes.js';

/** The last entry of a chain: what the next one is written after. */
export interface Head {
  /** Of one process. */
  readonly chain: string;
  /** From 1; 0 = the chain has no entry. */
  readonly seq: number;
  /** SHA-256 as lower-case hexadecimal digits. */
  readonly hash: string;
}

/** One entry as it stands in a file. */
export interface ChainedEntry extends Head {
  /** `hash` of the entry before. */
  readonly previous: string;
  /** What is recorded; see `entries.ts`. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** What the first entry of a chain is written after. */
export const NO_HASH = '0'.repeat(64);

const HASH_MEMBER = /^(\{"chain":.*),"hash":"([0-9a-f]{64})"\}$/s;

/** A chain without entries. */
export function startOf(chain: string): Head {
  return { chain, seq: 0, hash: NO_HASH };
}

/** An entry as canonical JSON, be it as text or in UTF-8. */
export type EncodedEntry = string | Uint8Array;

/**
 * Chains an entry to the head: adds its line to `lines`. The line is `{"chain","entry","previous","seq","hash"}`, where `hash` is SHA-256 of the line's
 * own canonical form (RFC 8785) without the member `hash`. Gives the new head.
 */
export function link(head: Head, entry: EncodedEntry, lines: TextBytes): Head {
  const { chain } = head;
  const seq = head.seq + 1;
  const start = lines.length;
  lines.addText(`{"chain":"${chain}","entry":`);
  if (typeof entry === 'string') lines.addText(entry);
  else lines.add(entry);
  lines.addText(`,"previous":"${head.hash}","seq":${seq}}`);
  const digest = hash('sha256', lines.from(start), 'hex');
  lines.cut(lines.length - 1);
  lines.addText(`,"hash":"${digest}"}\n`);
  return { chain, seq, hash: digest };
}

/** Reads a line; undefined where it is none, or not what its hash was computed of. */
export function readLine(line: string): ChainedEntry | undefined {
  const [, open, digest] = HASH_MEMBER.exec(line) ?? [];
  if (open === undefined || digest === undefined || hash('sha256', `${open}}`, 'hex') !== digest) return undefined;
  const read: unknown = parse(line);
  return isChained(read) ? read : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value, as JSON has it, is the head of a chain. */
export function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { chain, seq, hash: digest } = value as Partial<Record<keyof Head, unknown>>;
  return typeof chain === 'string' && Number.isSafeInteger(seq) && typeof digest === 'string';
}

function isChained(value: unknown): value is ChainedEntry {
  if (!isHead(value)) return false;
  const { previous, entry } = value as Partial<Record<keyof ChainedEntry, unknown>>;
  return typeof previous === 'string' && typeof entry === 'object' && entry !== null;
}
