import {
  type ArgumentReader,
  type CallScanner,
  type FindTool,
  isSpace,
  MAX_HEAD_LENGTH,
  type Scanned,
} from './call-scanner.js';
import type { NamedCall, NamedSyntax } from './formats/format.js';
import { JsonArguments } from './json-arguments.js';
import { LiteralArguments } from './literal-arguments.js';
import { TagArguments } from './tag-arguments.js';

/** The name of a tool between two texts, and its arguments behind. */
export class NamedScanner implements CallScanner {
  tool: string | undefined;
  id: string | undefined;
  readonly #syntax: NamedSyntax;
  readonly #findTool: FindTool;
  #head = '';
  #arguments: ArgumentReader | undefined;

  constructor(syntax: NamedSyntax, findTool: FindTool) {
    this.#syntax = syntax;
    this.#findTool = findTool;
  }

  get isInArguments(): boolean {
    return this.#arguments?.isOpen ?? false;
  }

  get written(): string {
    return this.#arguments?.written ?? '';
  }

  get unread(): number {
    return this.#arguments?.unread ?? 1;
  }

  takeArguments(): string {
    return this.#arguments?.takeJson() ?? '';
  }

  take(character: string): Scanned {
    if (this.#arguments !== undefined) return this.#arguments.take(character);
    if (this.#head === '' && isSpace(character)) return 'inside';
    const { before, after } = this.#syntax;
    if (after === '' && this.#head.length >= before.length && !isNameCharacter(character)) {
      return this.#begin(this.#head) ? this.take(character) : 'wrong';
    }
    this.#head += character;
    if (!before.startsWith(this.#head) && !this.#head.startsWith(before)) return 'wrong';
    if (after !== '' && this.#head.length > before.length && this.#head.endsWith(after)) {
      return this.#begin(this.#head.slice(0, -after.length)) ? 'inside' : 'wrong';
    }
    return this.#head.length > MAX_HEAD_LENGTH ? 'wrong' : 'inside';
  }

  /** False where there is no such tool. */
  #begin(head: string): boolean {
    const { before, readName } = this.#syntax;
    const text = head.slice(before.length).trim();
    const read: NamedCall = readName?.(text) ?? { name: text };
    const tool = this.#findTool(read.name);
    if (tool === undefined) return false;
    this.tool = tool.name;
    this.id = read.id;
    this.#arguments = argumentReader(this.#syntax, tool.parameters);
    return true;
  }
}

function argumentReader({ arguments: given }: NamedSyntax, schema: unknown): ArgumentReader {
  switch (given.kind) {
    case 'json':
      return new JsonArguments();
    case 'tags':
      return new TagArguments(given, schema);
    case 'literals':
      return new LiteralArguments(given);
  }
}

function isNameCharacter(character: string): boolean {
  return /[\w.-]/.test(character);
}
