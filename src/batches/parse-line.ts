import type { Turns } from '../core/index.js';
import type { BatchProblem } from '../store/index.js';
import { membersOf, NoObject, textOf } from './json-members.js';
import type { InputLine } from './lines.js';

/** JSON up to this size is parsed in one go; of a larger line, the request's body is checked when it runs. */
const PARSED_BYTES = 131_072;
const MAX_ID_LENGTH = 512;

/** A request of a batch. */
export interface LineRequest {
  readonly customId: string;
  /** The bytes of the member `body`, as they are. */
  readonly body: Uint8Array;
}

export interface LineRules {
  /** The URL of all lines. */
  readonly endpoint: string;
  readonly maxLineBytes: number;
  readonly turns: Turns;
}

/** The request of a line, or what is wrong with the line. */
export type ParsedLine = { readonly request: LineRequest } | { readonly problem: BatchProblem };

export async function parseLine({ number, bytes }: InputLine, rules: LineRules): Promise<ParsedLine> {
  try {
    if (bytes === undefined) {
      throw new LineProblem('line_too_large', `This line is too large: expected at most ${rules.maxLineBytes} bytes.`);
    }
    return { request: await requestOf(bytes, rules) };
  } catch (error) {
    if (error instanceof NoObject) return parsedProblem(NOT_JSON, number);
    if (error instanceof LineProblem) return parsedProblem(error, number);
    throw error;
  }
}

async function requestOf(line: Uint8Array, { endpoint, turns }: LineRules): Promise<LineRequest> {
  if (line.byteLength <= PARSED_BYTES) checkJson(line);
  const members = await membersOf(line, turns);
  const customId = textMember(members, 'custom_id');
  if (customId === '' || customId.length > MAX_ID_LENGTH) {
    throw invalid('custom_id', `expected 1 to ${MAX_ID_LENGTH} characters, got ${customId.length}`);
  }
  const method = textMember(members, 'method');
  if (method !== 'POST') throw invalid('method', `expected 'POST', got '${shortened(method)}'`);
  const url = textMember(members, 'url');
  if (url !== endpoint) throw invalid('url', `expected the batch's endpoint '${endpoint}', got '${shortened(url)}'`);
  for (const name of members.keys()) {
    if (!KNOWN.includes(name)) throw invalid(shortened(name), 'is not a known member');
  }
  const body = memberOf(members, 'body');
  if (body[0] !== OPEN_OBJECT) throw invalid('body', 'expected an object');
  return { customId, body };
}

const KNOWN: readonly string[] = ['custom_id', 'method', 'url', 'body'];
const OPEN_OBJECT = 0x7b;

class LineProblem extends Error {
  readonly code: string;
  readonly param: string | undefined;

  constructor(code: string, message: string, param?: string) {
    super(message);
    this.code = code;
    this.param = param;
  }
}

const NOT_JSON = new LineProblem('invalid_json_line', 'This line is not parseable as a JSON object.');

function parsedProblem({ code, message, param }: LineProblem, line: number): ParsedLine {
  return { problem: { code, message, line, param } };
}

function checkJson(line: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    throw NOT_JSON;
  }
}

function textMember(members: ReadonlyMap<string, Uint8Array>, name: string): string {
  try {
    return textOf(memberOf(members, name));
  } catch (error) {
    throw error instanceof NoObject ? invalid(name, 'expected a string') : error;
  }
}

function memberOf(members: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const member = members.get(name);
  if (member !== undefined) return member;
  throw new LineProblem('missing_required_parameter', `Missing required parameter: '${name}'.`, name);
}

function invalid(param: string, what: string): LineProblem {
  return new LineProblem('invalid_request', `'${param}': ${what}`, param);
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
