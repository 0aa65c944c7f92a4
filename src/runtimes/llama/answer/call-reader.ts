import type { ToolCallDelta } from '../../../core/index.js';
import { beginningOf } from '../text/find-stop.js';
import type { CallFormat } from './answer-format.js';
import { type CallScanner, type IsTool, NamedScanner, ObjectScanner, type Scanned } from './call-scanner.js';

/** What a piece of an answer was. */
export interface ReadText {
  readonly content: string;
  readonly calls: readonly ToolCallDelta[];
}

/** Finds the calls of tools in an answer while it is written. What turns out to be no call of a tool that the caller has is content. */
export class CallReader {
  readonly #format: CallFormat;
  readonly #isTool: IsTool;
  /** `start`: nothing but whitespace and fillers have come, from the beginning or since the last call. */
  #mode: 'start' | 'text' | 'opened' | 'call' = 'start';
  #scanner: CallScanner;
  #held = '';
  /** Content, if no call comes of it. */
  #raw = '';
  /** Calls that have begun. */
  #begun = 0;
  /** Characters of the arguments that have been told. */
  #told = 0;
  #content = '';
  #deltas: ToolCallDelta[] = [];

  constructor(format: CallFormat, isTool: IsTool) {
    this.#format = format;
    this.#isTool = isTool;
    this.#scanner = this.#newScanner();
  }

  /** Calls that have begun. */
  get calls(): number {
    return this.#begun;
  }

  /** Calls that are whole. */
  get wholeCalls(): number {
    return this.#isTold ? this.#begun - 1 : this.#begun;
  }

  /** The tool whose arguments are being written, and what has come of them. */
  get openArguments(): { readonly tool: string; readonly text: string } | undefined {
    const { tool, isInArguments, arguments: text } = this.#scanner;
    // Of JSON in a string nothing is known before its end.
    const isOpen = this.#mode === 'call' && isInArguments && text !== '';
    return isOpen && tool !== undefined ? { tool, text } : undefined;
  }

  push(text: string): ReadText {
    this.#held += text;
    while (this.#held !== '' && this.#step());
    return this.#take();
  }

  /** What is left when no more comes. */
  end(): ReadText {
    const isCalls = this.#isTold || (this.#mode === 'start' && this.#begun > 0);
    if (!isCalls) this.#content += this.#raw + this.#held;
    this.#held = '';
    this.#raw = '';
    return this.#take();
  }

  /** The tool of the call that is being read is known. */
  get #isTold(): boolean {
    return this.#mode === 'call' && this.#scanner.tool !== undefined;
  }

  /** Reads a part of what is held; false where more has to come first. */
  #step(): boolean {
    if (this.#mode === 'text') return this.#readText();
    if (this.#mode === 'call') return this.#readCall();
    if (!this.#skipFillers()) return false;
    return this.#mode === 'opened' ? this.#begin() : this.#start();
  }

  /** False where nothing else is there yet. */
  #skipFillers(): boolean {
    const { open, fillers } = this.#format;
    for (;;) {
      this.#keep(this.#held.length - this.#held.trimStart().length);
      // A filler may be the beginning of the marker.
      const mayOpen =
        this.#mode === 'start' && open !== undefined && (this.#held.startsWith(open) || open.startsWith(this.#held));
      const filler = mayOpen ? undefined : fillers.find((each) => this.#held.startsWith(each));
      if (filler === undefined) return this.#held !== '';
      this.#keep(filler.length);
    }
  }

  #start(): boolean {
    const { open, isBare, fillers } = this.#format;
    if (open !== undefined && this.#held.startsWith(open)) return this.#open(open);
    if ((isBare || this.#begun > 0) && this.#held.startsWith('{')) return this.#begin();
    if ([...fillers, open].some((marker) => marker?.startsWith(this.#held))) return false;
    // What separates calls is not said.
    if (this.#begun === 0) this.#content += this.#raw;
    this.#leave('text');
    return true;
  }

  #readText(): boolean {
    const { open } = this.#format;
    const at = open === undefined ? -1 : this.#held.indexOf(open);
    const end = at < 0 ? beginningOf(this.#held, open === undefined ? [] : [open]) : at;
    this.#content += this.#held.slice(0, end);
    this.#held = this.#held.slice(end);
    return at >= 0 && open !== undefined && this.#open(open);
  }

  #open(marker: string): boolean {
    this.#keep(marker.length);
    this.#mode = 'opened';
    return true;
  }

  #begin(): boolean {
    this.#scanner = this.#newScanner();
    this.#told = 0;
    this.#mode = 'call';
    return true;
  }

  #readCall(): boolean {
    let at = 0;
    let scanned: Scanned = 'inside';
    while (scanned === 'inside' && at < this.#held.length) {
      const wasTold = this.#isTold;
      scanned = this.#scanner.take(this.#held.charAt(at++));
      if (this.#isTold && !wasTold) this.#tellTool();
    }
    this.#tellArguments();
    // What does not belong to the call is read again, as what is behind it.
    const isEnd = scanned === 'last' || (scanned === 'wrong' && this.#isTold);
    this.#keep(scanned === 'wrong' ? at - 1 : at);
    if (isEnd) this.#leave('start');
    else if (scanned === 'wrong') {
      this.#content += this.#raw;
      this.#leave('text');
    }
    return scanned !== 'inside';
  }

  #leave(mode: 'start' | 'text'): void {
    this.#raw = '';
    this.#mode = mode;
  }

  #tellTool(): void {
    const name = this.#scanner.tool;
    if (name === undefined) return;
    const id = this.#format.newId();
    this.#deltas.push({ index: this.#begun++, id, name, arguments: '' });
  }

  #tellArguments(): void {
    const { tool, arguments: all } = this.#scanner;
    if (tool === undefined || all.length <= this.#told) return;
    this.#deltas.push({ index: this.#begun - 1, arguments: all.slice(this.#told) });
    this.#told = all.length;
  }

  #keep(length: number): void {
    this.#raw += this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
  }

  #take(): ReadText {
    const read = { content: this.#content, calls: this.#deltas };
    this.#content = '';
    this.#deltas = [];
    return read;
  }

  #newScanner(): CallScanner {
    return this.#format.style === 'named' ? new NamedScanner(this.#isTool) : new ObjectScanner(this.#isTool);
  }
}
