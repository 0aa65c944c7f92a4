import type { ToolCallDelta } from '../../../core/index.js';
import { cutAtFirst } from '../text/find-stop.js';
import { CallLog } from './call-log.js';
import type { CallScanner, FindTool, Scanned } from './call-scanner.js';
import type { CallFormat } from './formats/format.js';
import { NamedScanner } from './named-scanner.js';
import { ObjectScanner } from './object-scanner.js';

/** Maximum number of characters to read again after a failed call. */
const MAX_READ_AGAIN = 512;

/** What a piece of an answer was. */
export interface ReadText {
  readonly content: string;
  readonly calls: readonly ToolCallDelta[];
}

/** Arguments of a tool that are being written, as the model writes them. */
export interface OpenArguments {
  readonly tool: string;
  readonly text: string;
  /** They are JSON behind the name, in whatever form calls are otherwise. */
  readonly isObject: boolean;
}

/** Finds the calls of tools in an answer while it is written. What turns out to be no call of a tool that the caller has is content. */
export class CallReader {
  readonly #format: CallFormat;
  readonly #findTool: FindTool;
  /** Texts that a call, or what stands before calls, begins with. */
  readonly #marks: readonly string[];
  /** `start`: nothing but whitespace and fillers have come, from the beginning or since the last call. */
  #mode: 'start' | 'text' | 'opened' | 'call' = 'start';
  #scanner: CallScanner;
  #held = '';
  /** Text that becomes content if it does not form a call. */
  #raw = '';
  /** Where in it the call begins. */
  #callFrom = 0;
  /** No opening mark preceded the call. */
  #isUnopened = false;
  readonly #log: CallLog;
  #content = '';

  constructor(format: CallFormat, findTool: FindTool) {
    this.#format = format;
    this.#findTool = findTool;
    this.#marks = [...format.opens, ...format.begins];
    this.#log = new CallLog(() => format.newId());
    this.#scanner = new ObjectScanner(findTool);
  }

  /** Calls that have begun. */
  get calls(): number {
    return this.#log.begun;
  }

  /** Calls that are whole. */
  get wholeCalls(): number {
    return this.#isTold ? this.calls - 1 : this.calls;
  }

  get openArguments(): OpenArguments | undefined {
    const { tool, isInArguments, written: text } = this.#scanner;
    // Arguments written as a JSON string are unknown until the string ends.
    const isOpen = this.#mode === 'call' && isInArguments && text !== '';
    return isOpen && tool !== undefined ? { tool, text, isObject: this.#scanner instanceof ObjectScanner } : undefined;
  }

  push(text: string): ReadText {
    this.#held += text;
    while (this.#held !== '' && this.#step());
    return this.#take();
  }

  /** What is left when no more comes. */
  end(): ReadText {
    const isCalls = this.#isTold || (this.#mode === 'start' && this.calls > 0);
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
    if (this.#mode === 'start') return this.#start();
    const mayBeFiller = this.#format.fillers.some((each) => each.startsWith(this.#held));
    return !mayBeFiller && this.#begin();
  }

  /** False where nothing else is there yet. */
  #skipFillers(): boolean {
    for (;;) {
      this.#keep(this.#held.length - this.#held.trimStart().length);
      // A filler may be the beginning of a mark.
      const mayOpen =
        this.#mode === 'start' &&
        this.#marks.some((mark) => this.#held.startsWith(mark) || mark.startsWith(this.#held));
      const filler = mayOpen ? undefined : this.#format.fillers.find((each) => this.#held.startsWith(each));
      if (filler === undefined) return this.#held !== '';
      this.#keep(filler.length);
    }
  }

  #start(): boolean {
    const { opens, begins, isBare, fillers, again } = this.#format;
    const isBehindCall = this.calls > 0;
    const open = [...opens, ...(isBehindCall ? again : [])].find((each) => this.#held.startsWith(each));
    if (open !== undefined) return this.#open(open);
    if (begins.some((each) => this.#held.startsWith(each))) return this.#begin();
    if ((isBare || isBehindCall) && this.#held.startsWith('{')) return this.#begin();
    if ([...fillers, ...this.#marks].some((mark) => mark.startsWith(this.#held))) return false;
    // Separators between calls are not content.
    if (!isBehindCall) this.#content += this.#raw;
    this.#leave('text');
    return true;
  }

  #readText(): boolean {
    const { before, stop, rest } = cutAtFirst(this.#held, this.#marks);
    this.#content += before;
    this.#held = rest;
    if (stop === undefined) return false;
    return this.#format.opens.includes(stop) ? this.#open(stop) : this.#begin();
  }

  #open(mark: string): boolean {
    this.#keep(mark.length);
    this.#mode = 'opened';
    return true;
  }

  #begin(): boolean {
    const { syntax } = this.#format;
    // In whatever form a model calls, it may write an object of JSON instead.
    const isObject = syntax.kind === 'object' || (this.#held.startsWith('{') && !syntax.before.startsWith('{'));
    this.#scanner = isObject ? new ObjectScanner(this.#findTool) : new NamedScanner(syntax, this.#findTool);
    this.#callFrom = this.#raw.length;
    this.#isUnopened = this.#mode !== 'opened';
    this.#mode = 'call';
    return true;
  }

  #readCall(): boolean {
    let at = 0;
    let scanned: Scanned = 'inside';
    while (scanned === 'inside' && at < this.#held.length) {
      const wasTold = this.#isTold;
      scanned = this.#scanner.take(this.#held.charAt(at++));
      if (this.#isTold && !wasTold) this.#log.begin(this.#scanner.tool ?? '', this.#scanner.id);
    }
    this.#log.add(this.#scanner.takeArguments());
    this.#keep(at);
    if (scanned === 'wrong') this.#endWrong();
    else if (scanned === 'last') this.#leave('start');
    return scanned !== 'inside';
  }

  /** What does not belong to the call is read again, as what is behind it. */
  #endWrong(): void {
    const isTold = this.#isTold;
    const unread = isTold ? this.#scanner.unread : this.#unreadOfText;
    const end = this.#raw.length - unread;
    this.#held = this.#raw.slice(end) + this.#held;
    if (!isTold) this.#content += this.#raw.slice(0, end);
    this.#leave(isTold ? 'start' : 'text');
  }

  /** How much of what is no call is looked at again: there may be one in it, but what it begins with is text for good. */
  get #unreadOfText(): number {
    const length = this.#raw.length - this.#callFrom;
    if (length > MAX_READ_AGAIN) return 1;
    return this.#isUnopened ? Math.max(1, length - 1) : length;
  }

  #leave(mode: 'start' | 'text'): void {
    this.#raw = '';
    this.#mode = mode;
  }

  #keep(length: number): void {
    this.#raw += this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
  }

  #take(): ReadText {
    const read = { content: this.#content, calls: this.#log.take() };
    this.#content = '';
    return read;
  }
}
