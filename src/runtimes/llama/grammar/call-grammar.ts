import { isObject } from '../../../core/index.js';
import type { OfferedTool, ToolUse } from '../../../generation/index.js';
import {
  type CallFormat,
  type LiteralSyntax,
  type NamedSyntax,
  OBJECT,
  type TagSyntax,
} from '../answer/formats/format.js';
import { propertyOf, type ReadSchema } from '../answer/typed-value.js';
import { listMembers, type Member } from './member-list.js';
import { anyLiteral, type GrammarRules, jsonLiteral, literal } from './rules.js';
import { type ArgumentValues, ruleOfArguments, valuesOfArguments } from './tool-arguments.js';
import { ruleUntil } from './until-rule.js';

/** Names of arguments that end where the form says so. */
const PLAIN_NAME = /^[\p{L}\p{N}_$.-]{1,128}$/u;
/** Most calls that a model is made to write. */
const MAX_WRITTEN_CALLS = 16;

type Schema = Readonly<Record<string, unknown>>;

/** Rules for calls in the form in which a model was trained to write them. */
export class CallGrammar {
  readonly #rules: GrammarRules;
  /** By the text that ends it. */
  readonly #untils = new Map<string, string>();

  constructor(rules: GrammarRules) {
    this.#rules = rules;
  }

  /** One call or several. */
  ruleOfCalls(format: CallFormat, { tools, maxCalls }: ToolUse): string {
    const { before, between, after } = format.written;
    const call = this.#rules.add(tools.map((tool) => this.#ruleOfCall(format, tool)).join(' | '));
    const most = between === undefined ? 1 : Math.min(maxCalls, MAX_WRITTEN_CALLS);
    const more = most === 1 ? '' : `(${literal(between ?? '')} ${call}){0,${most - 1}}`;
    return `${literal(before)} ${call} ${more} ${literal(after)}`;
  }

  /** Arguments from behind the name of the tool to the end of the call; undefined = they cannot be promised in this form. */
  ruleOfArguments({ arguments: given }: NamedSyntax, tool: OfferedTool): string | undefined {
    if (given.kind === 'json') return ruleOfArguments(this.#rules, tool);
    const values = valuesOfArguments(this.#rules, tool);
    return given.kind === 'tags' ? this.#ruleOfTags(given, values) : this.#ruleOfLiterals(given, values);
  }

  #ruleOfCall({ syntax }: CallFormat, tool: OfferedTool): string {
    if (syntax.kind === 'named') {
      const given = this.ruleOfArguments(syntax, tool);
      if (given !== undefined) return `${headOf(syntax, tool)} ${given} ${literal(syntax.end)}`;
    }
    const { nameKey, argumentsKey } = syntax.kind === 'object' ? syntax : OBJECT;
    const given = ruleOfArguments(this.#rules, tool);
    return `${literal(`{"${nameKey}": `)} ${jsonLiteral(tool.name)} ${literal(`, "${argumentsKey}": `)} ${given} "}"`;
  }

  #ruleOfTags(syntax: TagSyntax, values: ArgumentValues): string | undefined {
    const { between, end } = syntax;
    const { tool } = values;
    const ending = literal(`${between}${end}`);
    const schema = objectOf(tool.parameters);
    if (schema === undefined) {
      // Where closing tags have names, no rule says that they are those of the tags that they close.
      const isPromised = tool.isStrict || syntax.closeMark !== undefined;
      return isPromised ? undefined : `(${this.#anyTag(syntax)})* ${ending}`;
    }
    const rules: string[] = [];
    for (const name of Object.keys(schema.properties)) {
      const value = this.#valueInTags(syntax, name, values);
      if (value === undefined) return undefined;
      const rule = this.#rules.add(value);
      rules.push(schema.required.includes(name) ? rule : `(${rule})?`);
    }
    return `${rules.join(' ')} ${ending}`;
  }

  /** undefined = its value cannot be promised in tags. */
  #valueInTags(syntax: TagSyntax, name: string, values: ArgumentValues): string | undefined {
    const { tool, isKnown } = values;
    const { open, nameEnds, valueOpen, between, inLines } = syntax;
    if (!PLAIN_NAME.test(name)) return undefined;
    const schema = propertyOf(tool.parameters, name);
    const kind = schema.isString ? 'string' : schema.types?.has('string') === false ? 'json' : undefined;
    const [usual] = nameEnds;
    const end = nameEnds.find(({ value }) => value === kind) ?? usual;
    const line = inLines ? '\n' : '';
    const head = literal(
      `${between}${open}${name}${end?.text ?? ''}${valueOpen === '' ? '' : between}${valueOpen}${line}`,
    );
    const close = syntax.close(name);
    if (kind === 'json') return `${head} ${ruleOfValue(values, name)} ${literal(line + close)}`;
    const texts = isKnown ? textsOf(schema) : undefined;
    if (texts?.some((text) => text.includes(close)) === true) return undefined;
    if (texts !== undefined) return `${head} (${anyLiteral(texts)}) ${literal(line + close)}`;
    if (tool.isStrict && !isPlainText(schema)) return undefined;
    return `${head} ${this.#until(syntax, name)}`;
  }

  /** An argument that the schema does not name. */
  #anyTag(syntax: TagSyntax): string {
    const { open, nameEnds, valueOpen, between } = syntax;
    const head = `${literal(between + open)} [a-zA-Z_] [a-zA-Z0-9_]{0,63} ${literal((nameEnds[0]?.text ?? '') + valueOpen)}`;
    return `${head} ${this.#until(syntax, '')}`;
  }

  /** Any text up to the tag that ends a value, with it. */
  #until(syntax: TagSyntax, name: string): string {
    const close = syntax.close(name);
    const mark = syntax.closeMark ?? close;
    return `${this.#untilMark(mark)} ${literal(close.slice(mark.length))}`;
  }

  #untilMark(mark: string): string {
    const rule = this.#untils.get(mark) ?? ruleUntil(this.#rules, mark);
    this.#untils.set(mark, rule);
    return rule;
  }

  #ruleOfLiterals({ assign, close, quotes }: LiteralSyntax, values: ArgumentValues): string | undefined {
    const { parameters } = values.tool;
    const schema = objectOf(parameters);
    if (schema === undefined) return undefined;
    const [quote] = quotes;
    const members: Member[] = [];
    for (const name of Object.keys(schema.properties)) {
      if (!PLAIN_NAME.test(name)) return undefined;
      const property = propertyOf(parameters, name);
      // Where quotation marks need no escapes, a text is written as it is.
      const isRaw =
        quote !== undefined && !quote.escapes && property.isString && isPlainText(property) && !textsOf(property);
      const value = isRaw ? `${literal(quote.text)} ${this.#untilMark(quote.text)}` : ruleOfValue(values, name);
      const rule = this.#rules.add(`${literal(`${name}${assign}`)} ${value}`);
      members.push({ rule, isRequired: schema.required.includes(name) });
    }
    const { first, mayBeNone } = listMembers(this.#rules, members, { separator: literal(assign === '=' ? ', ' : ',') });
    return `${mayBeNone && first !== '' ? `(${first})?` : first} ${literal(close)}`;
  }
}

function headOf({ before, after, around }: NamedSyntax, { name }: OfferedTool): string {
  if (around === undefined) return literal(`${before}${name}${after}`);
  return `${literal(`${before}${around.before}${name}${around.after}`)} [0-9]{1,2} ${literal(after)}`;
}

function ruleOfValue(values: ArgumentValues, name: string): string {
  const { parameters } = values.tool;
  const { properties } = isObject(parameters) ? parameters : {};
  return values.ruleOf(name, isObject(properties) ? properties[name] : undefined);
}

interface ObjectSchema {
  readonly properties: Schema;
  readonly required: readonly unknown[];
}

/** What a schema says of the arguments by their names; undefined = not in this way. */
function objectOf(parameters: unknown): ObjectSchema | undefined {
  if (!isObject(parameters) || ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const'].some((key) => key in parameters)) {
    return undefined;
  }
  const { properties = {}, required = [], additionalProperties } = parameters;
  if (!isObject(properties) || !Array.isArray(required)) return undefined;
  const isOpen = Object.keys(properties).length === 0 && additionalProperties !== false;
  return isOpen ? undefined : { properties, required };
}

/** Texts that are all a schema allows; undefined = any others as well. */
function textsOf({ schema, isString }: ReadSchema): readonly string[] | undefined {
  const { enum: values, const: only } = schema ?? {};
  const texts = Array.isArray(values) ? values : only === undefined ? undefined : [only];
  return isString ? texts?.map(String) : undefined;
}

/** Whether any text will do: no keyword says more, and other types say nothing of their values. */
function isPlainText({ schema = {}, types }: ReadSchema): boolean {
  return isSilent(schema) && types?.has('object') !== true && types?.has('array') !== true;
}

const SILENT = ['type', 'title', 'description', 'default', 'examples', 'deprecated', '$comment'];

function isSilent(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  return Object.entries(schema).every(
    ([key, value]) => SILENT.includes(key) || (key === 'anyOf' && Array.isArray(value) && value.every(isSilent)),
  );
}
