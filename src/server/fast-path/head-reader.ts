import type { WholeInferences } from '../rest/dispatch.js';
import type { InferenceMatch } from '../rest/match-inference.js';
import { type PlainHead, readPlainHead } from './plain-head.js';

/** A plain head, and the inference that it is for. */
export interface InferenceHead {
  readonly plain: PlainHead;
  readonly match: InferenceMatch;
  /** With the empty line behind it. */
  readonly lengthBytes: number;
}

/** What {@link HeadReader.read} gives while the end of a head is still to come. */
export const INCOMPLETE = 'incomplete';

const END = Buffer.from('\r\n\r\n');
const LETTER_P = 0x50;

/** Reads the heads of one connection. */
export class HeadReader {
  readonly #whole: WholeInferences;
  readonly #maxHeaderBytes: number;
  /** The one that was read last: clients repeat themselves. */
  #lastText = '';
  #last: InferenceHead | undefined;

  constructor(whole: WholeInferences, maxHeaderBytes: number) {
    this.#whole = whole;
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  /** The head that begins at `at`; undefined = `node:http` has to say what it is. */
  read(bytes: Buffer, at: number): InferenceHead | typeof INCOMPLETE | undefined {
    const last = this.#lastText;
    if (last !== '' && bytes.toString('latin1', at, at + last.length) === last) return this.#last;
    if (bytes[at] !== LETTER_P) return undefined;
    const end = bytes.indexOf(END, at);
    const lengthBytes = (end < 0 ? bytes.length : end + END.length) - at;
    if (lengthBytes >= this.#maxHeaderBytes) return undefined;
    return end < 0 ? INCOMPLETE : this.#parse(bytes.toString('latin1', at, at + lengthBytes));
  }

  #parse(text: string): InferenceHead | undefined {
    const plain = readPlainHead(text.slice(0, -2));
    const match = plain === undefined ? undefined : this.#find(plain);
    if (plain === undefined || match === undefined) return undefined;
    this.#lastText = text;
    this.#last = { plain, match, lengthBytes: text.length };
    return this.#last;
  }

  #find({ method = '', url }: PlainHead): InferenceMatch | undefined {
    try {
      return this.#whole.find(method, url);
    } catch {
      // Broken percent-encoding: what is wrong with it is said where all such things are.
      return undefined;
    }
  }
}
