import { type ArgumentReader, isSpace, MAX_HEAD_LENGTH, type Scanned } from './call-scanner.js';
import type { NameEnd, TagSyntax } from './formats/format.js';
import { inJsonString } from './json-text.js';
import { JsonValue } from './json-value.js';
import { jsonOfText, propertyOf, type ReadSchema, readSchema } from './typed-value.js';
import { Until } from './until.js';

/** Arguments each in tags, as members of JSON: texts while they come, other values when they are whole. */
export class TagArguments implements ArgumentReader {
  written = '';
  unread = 1;
  readonly #syntax: TagSyntax;
  readonly #schema: unknown;
  #state: 'tag' | 'name' | 'open' | 'value' | 'end' = 'tag';
  #fresh = '';
  /** Of a tag, of a name, or of what is between name and value. */
  #held = '';
  #members = 0;
  #value: TagValue | undefined;

  constructor(syntax: TagSyntax, schema: unknown) {
    this.#syntax = syntax;
    this.#schema = schema;
  }

  get isOpen(): boolean {
    return this.written !== '' && this.#state !== 'end';
  }

  take(character: string): Scanned {
    this.written += character;
    switch (this.#state) {
      case 'tag':
        return this.#takeTag(character);
      case 'name':
        return this.#takeName(character);
      case 'open':
        return this.#takeOpen(character);
      case 'value':
        return this.#takeValue(character);
      case 'end':
        return 'wrong';
    }
  }

  takeJson(): string {
    const fresh = this.#fresh;
    this.#fresh = '';
    return fresh;
  }

  #takeTag(character: string): Scanned {
    if (this.#held === '' && isSpace(character)) return 'inside';
    this.#held += character;
    const { open, end } = this.#syntax;
    if (this.#held === end) return this.#end('last');
    // The tag that ends the call may begin like an argument's tag.
    if (end.startsWith(this.#held) || (open.startsWith(this.#held) && this.#held !== open)) return 'inside';
    if (!this.#held.startsWith(open)) return this.#wrong();
    const name = this.#held.slice(open.length);
    this.#held = '';
    this.#state = 'name';
    for (const each of name) if (this.#takeName(each) === 'wrong') return 'wrong';
    return 'inside';
  }

  #takeName(character: string): Scanned {
    this.#held += character;
    const end = this.#nameEnd();
    if (end === undefined) return this.#held.length > MAX_HEAD_LENGTH ? this.#wrong() : 'inside';
    const name = this.#held.slice(0, -end.text.length);
    this.#fresh += `${this.#members++ === 0 ? '{' : ', '}${JSON.stringify(name)}: `;
    this.#held = '';
    this.#value = new TagValue(this.#syntax, name, { end, schema: propertyOf(this.#schema, name) });
    this.#state = this.#syntax.valueOpen === '' ? 'value' : 'open';
    return 'inside';
  }

  #nameEnd(): NameEnd | undefined {
    const ends = this.#syntax.nameEnds.filter(({ text }) => this.#held.endsWith(text));
    return ends.find(({ text }) => ends.every((other) => text.length >= other.text.length));
  }

  #takeOpen(character: string): Scanned {
    if (this.#held === '' && isSpace(character)) return 'inside';
    this.#held += character;
    const { valueOpen } = this.#syntax;
    if (valueOpen === this.#held) {
      this.#held = '';
      this.#state = 'value';
      return 'inside';
    }
    if (valueOpen.startsWith(this.#held)) return 'inside';
    this.#fresh += 'null';
    return this.#wrong();
  }

  #takeValue(character: string): Scanned {
    const value = this.#value;
    if (value === undefined) return 'wrong';
    this.#fresh += value.take(character);
    if (value.isWhole) this.#state = 'tag';
    return 'inside';
  }

  #wrong(): Scanned {
    this.unread = Math.max(1, this.#held.length);
    return this.#end('wrong');
  }

  #end(scanned: 'last' | 'wrong'): Scanned {
    this.#fresh += this.#members === 0 ? '{}' : '}';
    this.#state = 'end';
    return scanned;
  }
}

interface ValueOf {
  readonly end: NameEnd;
  readonly schema: ReadSchema;
}

/** The value of an argument up to the tag that ends it. */
class TagValue {
  isWhole = false;
  readonly #syntax: TagSyntax;
  readonly #name: string;
  readonly #given: ValueOf;
  readonly #isString: boolean;
  #until: Until;
  #isFirst = true;
  #text = '';
  /** Tags of the same name that are open in the value, where there are tags in it. */
  #depth = 0;
  /** Since the last tag of the same name has ended. */
  #part = '';
  /** What ends the value may be part of a string of JSON; undefined = the value need not be JSON. */
  readonly #json: JsonValue | undefined;

  constructor(syntax: TagSyntax, name: string, given: ValueOf) {
    this.#syntax = syntax;
    this.#name = name;
    this.#given = given;
    const { value } = given.end;
    this.#isString = value === 'string' || (value === undefined && given.schema.isString);
    const isJson = value === 'json' || (value === undefined && given.schema.types?.has('string') === false);
    this.#json = isJson ? new JsonValue() : undefined;
    this.#until = this.#newUntil();
  }

  /** JSON that has become known. */
  take(character: string): string {
    const isLineBreak = this.#isFirst && this.#syntax.inLines && character === '\n';
    const begin = this.#isFirst && this.#isString ? '"' : '';
    this.#isFirst = false;
    if (isLineBreak) return begin;
    const text = this.#until.take(character);
    if (this.#isString) return begin + this.#takeString(text);
    this.#addText(text);
    const { found } = this.#until;
    if (found === undefined || this.#isInner(found) || this.#isInString(found)) return '';
    this.isWhole = true;
    const { end, schema } = this.#given;
    return jsonOfText(this.#text, end.value === 'json' ? readSchema(undefined, schema.root) : schema, this.#syntax);
  }

  #takeString(text: string): string {
    const json = Array.from(text, inJsonString).join('');
    if (this.#until.found === undefined) return json;
    this.isWhole = true;
    return `${json}"`;
  }

  #addText(text: string): void {
    this.#text += text;
    if (this.#syntax.nests) this.#part += text;
    for (const each of text) if (this.#json?.first !== '' || !isSpace(each)) this.#json?.take(each);
  }

  #isInString(found: string): boolean {
    if (this.#json?.isInString !== true) return false;
    this.#addText(found);
    this.#until = this.#newUntil();
    return true;
  }

  /** The tag that has ended is one of several of that name, within each other. */
  #isInner(found: string): boolean {
    if (!this.#syntax.nests) return false;
    const { open, nameEnds } = this.#syntax;
    const tag = `${open}${this.#name}${nameEnds[0]?.text ?? ''}`;
    this.#depth += this.#part.split(tag).length - 1;
    this.#part = '';
    if (this.#depth === 0) return false;
    this.#depth--;
    this.#text += found;
    this.#until = this.#newUntil();
    return true;
  }

  #newUntil(): Until {
    const close = this.#syntax.close(this.#name);
    return new Until(this.#syntax.inLines ? [`\n${close}`, close] : [close]);
  }
}
