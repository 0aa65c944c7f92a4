import { cutAtFirst } from '../text/find-stop.js';
import type { AnswerPiece } from './answer-piece.js';
import { CallLog } from './call-log.js';
import type { OpenArguments } from './call-reader.js';
import { type FindTool, MAX_HEAD_LENGTH } from './call-scanner.js';
import type { ChannelFormat } from './formats/format.js';
import { JsonArguments } from './json-arguments.js';

/** A message to a tool. */
interface Call {
  readonly tool: string;
  readonly json: JsonArguments;
  hasBegun: boolean;
  isWhole: boolean;
}

interface CallParts {
  readonly findTool: FindTool;
  readonly newId: () => string;
}

/** Reads an answer that is a row of messages with headers: thoughts, calls, and what is meant for the caller. */
export class ChannelReader {
  readonly #format: ChannelFormat;
  readonly #findTool: FindTool;
  readonly #log: CallLog;
  /** What ends a message. */
  readonly #marks: readonly string[];
  #mode: 'header' | 'thought' | 'content' | 'call';
  /** Nothing but the first header has come. */
  #isFirst: boolean;
  #held = '';
  /** Header of the message, as long as it may be text. */
  #raw = '';
  #call: Call | undefined;
  #content = '';
  #reasoning = '';
  #thoughts = 0;

  /** `isThinking`: the prompt ends with the header of a thought. */
  constructor(format: ChannelFormat, isThinking: boolean, { findTool, newId }: CallParts) {
    this.#format = format;
    this.#mode = isThinking ? 'thought' : 'header';
    this.#isFirst = !isThinking;
    this.#findTool = findTool;
    this.#log = new CallLog(newId);
    this.#marks = [...format.begins, ...format.ends];
  }

  get isThinking(): boolean {
    return this.#mode === 'thought';
  }

  /** Calls that have begun. */
  get calls(): number {
    return this.#log.begun;
  }

  /** Calls that are whole. */
  get wholeCalls(): number {
    return this.#call?.hasBegun === true && !this.#call.isWhole ? this.calls - 1 : this.calls;
  }

  get openArguments(): OpenArguments | undefined {
    if (this.#call === undefined || !this.#call.hasBegun || this.#call.isWhole) return undefined;
    return { tool: this.#call.tool, text: this.#call.json.written, isObject: false };
  }

  push(text: string): AnswerPiece {
    this.#held += text;
    while (this.#held !== '' && this.#step());
    return this.#take();
  }

  /** What is left when no more comes. */
  end(): AnswerPiece {
    const isCut = this.#mode === 'header' && this.#format.areTokens && this.#isMarked(this.#held.trimStart());
    if (this.#mode === 'thought') this.#reasoning += this.#held;
    else if (!isCut && this.#call?.hasBegun !== true) this.#content += this.#raw + this.#held;
    else if (!isCut && this.#mode !== 'call') this.#content += this.#held;
    this.#held = '';
    this.#raw = '';
    return this.#take();
  }

  #step(): boolean {
    if (this.#mode === 'header') return this.#readHeader();
    if (this.#mode === 'call') return this.#readCall();
    return this.#readText();
  }

  #readHeader(): boolean {
    const { begins, ends, headerEnd } = this.#format;
    const text = this.#held.trimStart();
    if (this.#held.length - text.length > MAX_HEAD_LENGTH) return this.#toText();
    const end = ends.find((each) => text.startsWith(each));
    if (end !== undefined) {
      this.#held = text.slice(end.length);
      return true;
    }
    const first = this.#isFirst ? (this.#format.firstBegins ?? []) : [];
    const isHeader = this.#isMarked(text) || [...begins, ...ends, ...first].some((each) => mayBegin(text, each));
    if (!isHeader && !this.#isNamed(text)) return this.#toText();
    const at = text.indexOf(headerEnd);
    if ((at < 0 ? text.length : at) > MAX_HEAD_LENGTH) return this.#toText();
    if (at < 0) return false;
    const length = this.#held.length - text.length + at + headerEnd.length;
    this.#raw = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    this.#isFirst = false;
    this.#route(text.slice(0, at));
    return true;
  }

  #isMarked(text: string): boolean {
    return this.#format.begins.some((each) => text.startsWith(each));
  }

  /** Whether the first line is a name: the rest of a header that began in the prompt. */
  #isNamed(text: string): boolean {
    if (!this.#isFirst || this.#format.firstBegins !== undefined) return false;
    const line = text.indexOf('\n') < 0 ? text : text.slice(0, text.indexOf('\n'));
    return line.length <= MAX_HEAD_LENGTH && /^[\w.-]+$/.test(line);
  }

  #toText(): boolean {
    this.#isFirst = false;
    this.#mode = 'content';
    // A mark with which no header begins is text.
    const mark = this.#marks.find((each) => this.#held.startsWith(each)) ?? '';
    this.#content += mark;
    this.#held = this.#held.slice(mark.length);
    return true;
  }

  #route(header: string): void {
    const route = this.#format.route(header);
    this.#call = undefined;
    const tool = route.to === 'tool' ? this.#findTool(route.name) : undefined;
    if (tool !== undefined) {
      this.#call = { tool: tool.name, json: new JsonArguments(), hasBegun: false, isWhole: false };
      this.#mode = 'call';
      return;
    }
    // A message to a tool that is not there stays text, with its header.
    if (route.to === 'tool' || route.to === 'text') this.#content += this.#raw;
    this.#raw = '';
    this.#mode = route.to === 'thought' ? 'thought' : 'content';
    if (route.to === 'thought' && this.#thoughts++ > 0) this.#reasoning += '\n\n';
  }

  #readText(): boolean {
    const { before, stop, rest } = cutAtFirst(this.#held, this.#marks);
    if (this.#mode === 'thought') this.#reasoning += before;
    else this.#content += before;
    this.#held = rest;
    if (stop === undefined) return false;
    this.#mode = 'header';
    return true;
  }

  #readCall(): boolean {
    const call = this.#call;
    if (call === undefined) return this.#toText();
    if (!call.hasBegun) {
      const text = this.#held.trimStart();
      const isEarly = this.#held.length - text.length <= MAX_HEAD_LENGTH;
      if (text === '' && isEarly) return false;
      // What is no object is not for a tool.
      if (!isEarly || !text.startsWith('{')) {
        this.#content += this.#raw;
        this.#raw = '';
        this.#call = undefined;
        this.#mode = 'content';
        return true;
      }
      this.#raw = '';
      this.#held = text;
      call.hasBegun = true;
      this.#log.begin(call.tool, undefined);
    }
    let at = 0;
    while (at < this.#held.length && !call.isWhole) call.isWhole = call.json.take(this.#held.charAt(at++)) === 'last';
    this.#log.add(call.json.takeJson());
    this.#held = this.#held.slice(at);
    if (call.isWhole) this.#mode = 'header';
    return call.isWhole;
  }

  #take(): AnswerPiece {
    const piece = { content: this.#content, reasoning: this.#reasoning, calls: this.#log.take() };
    this.#content = '';
    this.#reasoning = '';
    return piece;
  }
}

/** Whether a text goes on to a mark, or begins with it. */
function mayBegin(text: string, mark: string): boolean {
  return mark.startsWith(text) || text.startsWith(mark);
}
