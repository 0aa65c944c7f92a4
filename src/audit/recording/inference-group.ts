import { createHash } from 'node:crypto';
import {
  type Events,
  formatModelRef,
  type InferRequest,
  isTraced,
  type Principal,
  type Tensor,
} from '../../core/index.js';
import { canonicalJson } from '../chain/canonical-json.js';
import { TextBytes } from '../chain/text-bytes.js';
import { shorten } from './asker.js';

/** So long is an entry, about. */
const MAX_BYTES = 65_536;
const NOTHING = new Uint8Array(0);
/** Remembered of each principal. */
const MAX_COMMONS = 8;

/** What an inference is recorded with besides what it was. */
export interface InferenceDetail {
  readonly withDigest: boolean;
  /** ISO 8601. */
  readonly time: string;
}

/** An entry with many inferences. */
export interface ClosedGroup {
  /** Canonical JSON in UTF-8, in memory that another thread may read. */
  readonly entry: Uint8Array;
  readonly count: number;
}

/**
 * What an inference has in common with others. Most are of a few callers who ask for a few models, so it is written once for all of a group, and
 * remembered for later ones.
 */
interface Common {
  readonly remoteAddress: string;
  readonly transport: string;
  readonly name: string;
  readonly ref: Events['inferFinished']['ref'];
  readonly outcome: string;
  /** In canonical JSON. */
  readonly text: string;
  /** The last group that it was written to, and where it stands there. */
  group: number;
  place: number;
}

/**
 * Inferences that become one entry: an entry each would cost more than some models do. Its JSON is written piece by piece, with the members in the order
 * of their names.
 */
export class InferenceGroup {
  /** Of the one that is open. */
  #number = 0;
  #count = 0;
  #commons: string[] = [];
  /** Each with a comma before it. */
  readonly #inferences = new TextBytes();
  /** Of {@link #commons} as one text. */
  #commonsLength = 0;
  /** How inferences begin, by the place of what they have in common. Not kept by each caller: there may be many, and each would keep a page of buffers. */
  readonly #openings: Uint8Array[] = [];
  /** Of the last one, with how it ends where it has no trace: those that follow are alike in most cases. */
  #rows = Number.NaN;
  #time = '';
  #ending: Uint8Array = NOTHING;
  /** As long as somebody else knows the principal. */
  readonly #remembered = new WeakMap<Principal, Common[]>();

  /** Inferences in it. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#commonsLength + this.#inferences.length >= MAX_BYTES;
  }

  add(event: Events['inferFinished'], { time, withDigest }: InferenceDetail): void {
    const { call, request, rows } = event;
    const { requestId, trace } = call;
    const common = this.#commonOf(event);
    if (common.group !== this.#number) this.#write(common);
    const digest = withDigest && request !== undefined ? digestOf(request) : undefined;
    this.#inferences.add(digest === undefined ? this.#openingAt(common.place) : openingOf(common.place, digest));
    if (!this.#inferences.addPlain(requestId)) {
      this.#inferences.addText(canonicalJson(requestId).slice(1, -1));
    }
    if (rows !== this.#rows || time !== this.#time) {
      this.#rows = rows;
      this.#time = time;
      this.#ending = endingOf(rows, time);
    }
    // Whoever has sent no trace knows of none: its name would only be made here.
    this.#inferences.add(isTraced(trace) ? endingOf(rows, time, trace.traceId) : this.#ending);
    this.#count++;
  }

  /** What is in it as an entry; the next one begins. */
  close(): ClosedGroup {
    const beginning = Buffer.from(`{"common":[${this.#commons.join(',')}],"inferences":[`);
    const inferences = this.#inferences.from(1);
    const end = Buffer.from(`],"time":"${this.#time}","type":"inferences"}`);
    const entry = new Uint8Array(new SharedArrayBuffer(beginning.length + inferences.length + end.length));
    entry.set(beginning);
    entry.set(inferences, beginning.length);
    entry.set(end, beginning.length + inferences.length);
    const count = this.#count;
    this.#number++;
    this.#count = 0;
    this.#commons = [];
    this.#commonsLength = 0;
    this.#inferences.cut(0);
    return { entry, count };
  }

  #write(common: Common): void {
    common.group = this.#number;
    common.place = this.#commons.length;
    this.#commons.push(common.text);
    this.#commonsLength += common.text.length + 1;
  }

  #openingAt(place: number): Uint8Array {
    let opening = this.#openings[place];
    if (opening === undefined) {
      opening = openingOf(place);
      this.#openings[place] = opening;
    }
    return opening;
  }

  #commonOf(event: Events['inferFinished']): Common {
    const { principal } = event.call;
    const remembered = this.#remembered.get(principal);
    if (remembered === undefined) {
      const common = commonOf(event);
      this.#remembered.set(principal, [common]);
      return common;
    }
    for (const common of remembered) if (isOf(common, event)) return common;
    if (remembered.length >= MAX_COMMONS) remembered.shift();
    const common = commonOf(event);
    remembered.push(common);
    return common;
  }
}

function isOf(common: Common, { call: { from }, target, ref, error }: Events['inferFinished']): boolean {
  return (
    common.name === target.name &&
    common.remoteAddress === from.remoteAddress &&
    common.ref?.version === ref?.version &&
    common.ref?.name === ref?.name &&
    common.outcome === (error?.code ?? 'ok') &&
    common.transport === from.transport
  );
}

function commonOf({ call: { principal, from }, target, ref, error }: Events['inferFinished']): Common {
  const { remoteAddress, transport } = from;
  const outcome = error?.code ?? 'ok';
  const text = canonicalJson({
    action: 'model.infer',
    ...(principal.groups.length > 0 && { groups: principal.groups }),
    ...(ref && { model: formatModelRef(ref) }),
    outcome,
    principal: principal.id,
    remote_address: remoteAddress,
    resource: shorten(target.name),
    transport,
  });
  return { remoteAddress, transport, name: target.name, ref, outcome, text, group: -1, place: 0 };
}

function openingOf(place: number, digest?: string): Uint8Array {
  return Buffer.from(`,{"common":${place}${digest === undefined ? '' : `,"digest":"${digest}"`},"request_id":"`);
}

function endingOf(rows: number, time: string, traceId?: string): Uint8Array {
  return Buffer.from(`","rows":${rows},"time":"${time}"${traceId === undefined ? '' : `,"trace_id":"${traceId}"`}}`);
}

/**
 * SHA-256 of the inputs in the order of their names: of each a line with its name, datatype and shape as canonical JSON, then its packed bytes.
 * What lies in shared memory is not read.
 */
function digestOf({ inputs }: Pick<InferRequest, 'inputs'>): string {
  const hash = createHash('sha256');
  for (const { name, datatype, shape, data } of [...inputs].sort(byName)) {
    hash.update(`${canonicalJson({ name, datatype, shape })}\n`);
    hash.update(data);
  }
  return hash.digest('hex');
}

function byName(left: Tensor, right: Tensor): number {
  return left.name < right.name ? -1 : 1;
}
