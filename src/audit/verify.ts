import type { KeyObject } from 'node:crypto';
import { groupBy } from '../core/index.js';
import { type Anchor, type ChainFault, ChainVerifier, isWhole } from './chain/chain-verifier.js';
import { readLines } from './chain/lines.js';
import { type ChainedEntry, isHead, readLine } from './chain/link.js';
import { listSegments, type Segment } from './chain/segments.js';
import { type Checkpoints, readCheckpoints } from './checkpoints/read-checkpoints.js';
import { type CutEntry, readCut, readInferences } from './entries.js';

export interface VerifyOptions {
  readonly folder: string;
  /** What was written to a second place, and the public key that it was signed for. */
  readonly checkpoints?: { readonly file: string; readonly publicKey: KeyObject } | undefined;
}

/** What is known of one chain. */
export interface ChainReport {
  readonly chain: string;
  readonly files: number;
  /** Entries that are as they were written, from the first to the last of them. */
  readonly entries: number;
  /** That these are about. */
  readonly inferences: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** ISO 8601, of the last; '' = there is none. */
  readonly lastTime: string;
  /** The rule by which its beginning was removed. */
  readonly cutBy: string | undefined;
  /** The server stopped in order: nothing comes after the last entry. */
  readonly hasEnded: boolean;
  /** Its last line was not written in full, and is no entry. */
  readonly isTorn: boolean;
  /** The last entry that a checkpoint, or the chain after this one, names; undefined = none does. */
  readonly vouchedSeq: number | undefined;
  readonly fault: ChainFault | undefined;
}

export interface VerifyReport {
  readonly chains: readonly ChainReport[];
  /** The first of each chain, of the checkpoints, and chains that are missing. */
  readonly faults: readonly ChainFault[];
  /** Undefined where none were given. */
  readonly checkpoints: { readonly count: number; readonly lastTime: string } | undefined;
}

/** What has been read of one chain. */
interface ReadChain {
  readonly chain: string;
  readonly segments: readonly Segment[];
  readonly verifier: ChainVerifier;
  readonly anchors: readonly Anchor[];
  readonly inferences: number;
  readonly isTorn: boolean;
}

/**
 * Reads all of an audit trail, and says where it is not as it was written, and how far that can be known. Reads the checkpoints first: a
 * server may be writing. Rejects where files cannot be read.
 */
export async function verifyTrail({ folder, checkpoints: given }: VerifyOptions): Promise<VerifyReport> {
  const checkpoints = given && (await readCheckpoints(given.file, given.publicKey));
  const chains = [...groupBy(await listSegments(folder), ({ chain }) => chain).values()];
  const anchors = [...anchorsOf(checkpoints), ...(await anchorsOfBeginnings(chains))];
  const cuts: CutEntry[] = [];
  const read: ReadChain[] = [];
  for (const segments of chains) read.push(await readChain(segments, anchors, cuts));
  for (const { verifier } of read) checkStart(verifier, cuts);
  const missing = missingChains({ folder, chains, anchors, cuts });
  const reports = read.map((chain) => reportOf(chain, cuts));
  const faults = [
    ...(checkpoints?.fault === undefined ? [] : [checkpoints.fault]),
    ...missing,
    ...reports.flatMap(({ fault }) => fault ?? []),
  ];
  return { chains: reports, faults, checkpoints: checkpoints && summarize(checkpoints) };
}

function anchorsOf(checkpoints: Checkpoints | undefined): readonly Anchor[] {
  const known = checkpoints?.checkpoints ?? [];
  return known.map(({ chain, seq, hash, time }) => ({ chain, seq, hash, time, source: `the checkpoint of ${time}` }));
}

/** What each chain says of the one before. */
async function anchorsOfBeginnings(chains: readonly (readonly [Segment, ...Segment[]])[]): Promise<readonly Anchor[]> {
  const anchors: Anchor[] = [];
  for (const [first] of chains) {
    for await (const [line] of readLines(first.file)) {
      anchors.push(...anchorsOfBeginning(readLine(line?.text ?? '')));
      break;
    }
  }
  return anchors;
}

function anchorsOfBeginning(first: ChainedEntry | undefined): readonly Anchor[] {
  if (first === undefined || !isWhole(first) || first.entry.type !== 'begin') return [];
  const { previous_chain: previous } = first.entry;
  if (!isHead(previous)) return [];
  return [{ ...previous, time: timeOf(first), source: `the beginning of the chain ${first.chain}` }];
}

async function readChain(
  segments: readonly [Segment, ...Segment[]],
  allAnchors: readonly Anchor[],
  cuts: CutEntry[],
): Promise<ReadChain> {
  const [{ chain, file }] = segments;
  const anchors = allAnchors.filter((anchor) => anchor.chain === chain);
  const verifier = new ChainVerifier(chain, anchors, file);
  let inferences = 0;
  let isTorn = false;
  for (const segment of segments) {
    const isLast = segment === segments.at(-1);
    for await (const lines of readLines(segment.file)) {
      for (const { text, number, isComplete } of lines) {
        if (!isComplete && isLast && readLine(text) === undefined) {
          isTorn = true;
          continue;
        }
        const taken = verifier.take(text, { file: segment.file, line: number });
        const cut = taken && readCut(taken.entry);
        if (cut !== undefined) cuts.push(cut);
        inferences += (taken && readInferences(taken.entry)?.length) ?? 0;
      }
    }
  }
  verifier.end();
  return { chain, segments, verifier, anchors, inferences, isTorn };
}

/** A chain begins with its first entry, or behind what was cut by rule. */
function checkStart(verifier: ChainVerifier, cuts: readonly CutEntry[]): void {
  const { first, firstPlace } = verifier;
  if (first === undefined || isWhole(first) || cutBefore(first, cuts) !== undefined) return;
  const which = first.seq === 2 ? 'is missing' : `to ${first.seq - 1} are missing`;
  const message = `${which} before it, and no entry says that they were removed by rule`;
  verifier.failAtStart({ seq: 1, place: firstPlace, message });
}

function cutBefore({ chain, seq, previous }: ChainedEntry, cuts: readonly CutEntry[]): CutEntry | undefined {
  return cuts.find(({ last }) => last.chain === chain && last.seq === seq - 1 && last.hash === previous);
}

interface Surroundings {
  readonly folder: string;
  readonly chains: readonly (readonly [Segment, ...Segment[]])[];
  readonly anchors: readonly Anchor[];
  readonly cuts: readonly CutEntry[];
}

/** Chains that somebody names, of which there is no file, though nothing of their time was cut. */
function missingChains({ folder, chains, anchors, cuts }: Surroundings): readonly ChainFault[] {
  const there = new Set(chains.map(([{ chain }]) => chain));
  // What is older than something that was cut was cut before.
  const isCut = (anchor: Anchor) =>
    cuts.some(({ last, until }) => (last.chain === anchor.chain && last.seq >= anchor.seq) || until >= anchor.time);
  const missing = new Map<string, Anchor>();
  for (const anchor of anchors) {
    if (!there.has(anchor.chain) && anchor.seq > 0 && !isCut(anchor)) missing.set(anchor.chain, anchor);
  }
  return [...missing.values()].map(({ chain, source }) => {
    const message = `${folder}: the chain ${chain} is missing, which ${source} names`;
    return { kind: 'removed', chain, seq: 1, file: folder, line: 0, message };
  });
}

function reportOf(
  { chain, segments, verifier, anchors, inferences, isTorn }: ReadChain,
  cuts: readonly CutEntry[],
): ChainReport {
  const { head, first, lastEntry, fault } = verifier;
  const vouched = anchors.map(({ seq }) => seq).filter((seq) => seq <= head.seq && seq > 0);
  const firstSeq = first?.seq ?? 0;
  return {
    chain,
    files: segments.length,
    entries: first === undefined ? 0 : head.seq - firstSeq + 1,
    inferences,
    firstSeq,
    lastSeq: head.seq,
    lastTime: timeOf(lastEntry),
    cutBy: first && cutBefore(first, cuts)?.rule,
    hasEnded: lastEntry?.entry.type === 'end',
    isTorn,
    vouchedSeq: vouched.length === 0 ? undefined : Math.max(...vouched),
    fault,
  };
}

function timeOf(entry: ChainedEntry | undefined): string {
  const time = entry?.entry.time;
  return typeof time === 'string' ? time : '';
}

function summarize({ checkpoints }: Checkpoints): VerifyReport['checkpoints'] {
  return { count: checkpoints.length, lastTime: checkpoints.at(-1)?.time ?? '' };
}
