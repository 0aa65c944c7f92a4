import { encodeDraft, makeDraft, mutateBytes } from '../fuzz/mutate.js';
import { Random } from '../support/random.js';
import { bigInference, largeInference, otherRequest, plainInference, tellingInference, write } from './messages.js';
import { writeOddly } from './oddities.js';
import type { Script, StageName, Step } from './script.js';

/** No connection is sent in more pieces. */
const MAX_PIECES = 700;

/** A connection by chance: requests of all kinds, in pieces of all kinds. */
function makeScript(stage: StageName, random: Random): Script {
  const make = () => (stage === 'tls' ? makeProper(random) : makeMessage(stage, random));
  const messages = [make()];
  while (random.chance(0.6) && messages.length < 8) messages.push(make());
  const pieces = cut(messages, random);
  const steps: Step[] = [];
  for (const [index, send] of pieces.entries()) {
    steps.push({ send });
    if (pieces.length > 50 && index % 20 > 0) continue;
    if (random.chance(0.05)) steps.push({ passMs: random.pick([20, 60, 99, 100, 101, 250]) });
    if (random.chance(0.15)) steps.push({ answer: random.integer(0, 2) });
    if (random.chance(0.01)) steps.push({ client: random.pick(['pauses', 'resumes']) });
  }
  if (random.chance(0.15)) leave(stage, steps, random);
  while (random.chance(0.2)) steps.push({ answer: random.integer(0, 2) });
  if (steps.some((step) => 'client' in step && step.client === 'pauses')) steps.push({ client: 'resumes' });
  return { stage, steps };
}

/**
 * Somewhere on the way the client ends, or is gone. Not before it has its answers where it takes a moment to know who calls, or where
 * it cannot be seen what the fast path hands over.
 */
function leave(stage: StageName, steps: Step[], random: Random): void {
  const at = random.chance(0.5) ? steps.length : random.integer(0, steps.length);
  const resets = random.chance(0.3);
  const before: Step[] = stage === 'late' || stage === 'tls' ? [{ answer: 'all' }] : [];
  const later = resets ? [] : steps.slice(at).filter((step) => 'answer' in step || 'passMs' in step);
  steps.splice(at, steps.length, ...before, { client: resets ? 'resets' : 'ends' }, ...later);
}

/** Over TLS it cannot be seen what the fast path hands over, so nothing is sent whose answer depends on when it comes. */
function makeProper(random: Random): string {
  return write(random.chance(0.7) ? plainInference(random) : random.pick([tellingInference, otherRequest])(random));
}

function makeMessage(stage: StageName, random: Random): string {
  const kind = random.next();
  if (kind < 0.5) return write(plainInference(random));
  if (kind < 0.65) return write(tellingInference(random));
  if (kind < 0.75) return write(otherRequest(random));
  if (kind < 0.93) return writeOddly(random.chance(0.8) ? plainInference(random) : otherRequest(random), random);
  if (kind < 0.98) return damage(write(plainInference(random)), random);
  if (kind < 0.997) return fuzz(random);
  // Whether all of what is too large has come when it is refused depends on when that is.
  return write(stage === 'late' || random.chance(0.7) ? bigInference(random) : largeInference(random));
}

function damage(text: string, random: Random): string {
  return Buffer.from(mutateBytes(Buffer.from(text, 'latin1'), random)).toString('latin1');
}

/** As the fuzzer sends them, whose framing is right. */
function fuzz(random: Random): string {
  const { method, target, body } = plainInference(random);
  const sample = { method, target, headers: [], json: undefined, blob: Buffer.from(body, 'latin1') };
  return Buffer.from(encodeDraft(makeDraft(sample, random), random)).toString('latin1');
}

function cut(messages: readonly string[], random: Random): readonly string[] {
  const all = messages.join('');
  const kind = random.next();
  if (kind < 0.25) return [all];
  if (kind < 0.4) return messages;
  if (kind < 0.6) return cutAt(all, [random.integer(1, all.length)]);
  if (kind < 0.85)
    return cutAt(
      all,
      Array.from({ length: random.integer(2, 6) }, () => random.integer(1, all.length)),
    );
  if (kind < 0.851) return cutEvenly(all, 1);
  return cutEvenly(all, Math.max(random.integer(2, 200), Math.ceil(all.length / 25)));
}

function cutAt(text: string, places: readonly number[]): readonly string[] {
  const ends = [...new Set([...places, text.length])].filter((at) => at > 0 && at <= text.length).sort((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

function cutEvenly(text: string, pieceBytes: number): readonly string[] {
  const size = Math.max(pieceBytes, Math.ceil(text.length / MAX_PIECES));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));
}

/** All scripts in which these requests come in two pieces, or in pieces of one size. */
export function* cutInEveryWay(stage: StageName, texts: readonly string[]): Generator<Script> {
  for (const text of texts) {
    for (let at = 1; at < text.length; at++) yield { stage, steps: cutAt(text, [at]).map((send) => ({ send })) };
    for (let size = 1; size < text.length; size++) {
      yield { stage, steps: cutEvenly(text, size).map((send) => ({ send })) };
    }
  }
}

/** Requests that follow each other on one connection, each of its kind. */
export const PIPELINES: readonly string[] = createPipelines();

function createPipelines(): string[] {
  const random = new Random(7);
  const plain = () => write(plainInference(random));
  const other = () => write(otherRequest(random));
  const odd = () => writeOddly(plainInference(random), random);
  const kinds = [
    [plain, plain],
    [plain, other],
    [other, plain],
    [plain, odd],
    [odd, plain],
    [plain, other, plain],
  ];
  return kinds.map((makers) => makers.map((make) => make()).join('')).filter((text) => text.length <= 1_200);
}

export interface RandomScripts {
  readonly seed: number;
  readonly count: number;
  /** Where they are played. Few go to `tls`, whose handshakes take longer than all else. */
  readonly stages: readonly StageName[];
}

/** Connections by chance. */
export function* randomScripts({ seed, count, stages }: RandomScripts): Generator<Script> {
  const random = new Random(seed);
  const usual = stages.filter((stage) => stage !== 'tls');
  for (let n = 0; n < count; n++) {
    const stage = stages.includes('tls') && random.chance(0.01) ? 'tls' : random.pick(usual);
    yield makeScript(stage, random.fork());
  }
}
