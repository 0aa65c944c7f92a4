import { isObject, type ParameterValue, type ResponseFormat } from '../../core/index.js';
import { CHOICES_EXPECTED, isChoices } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';

/** A form of the answer by a member of the request. */
interface GuidedFormat {
  readonly format: ResponseFormat;
  readonly place: string;
}

type Reader = (fields: Fields, name: string) => ResponseFormat | undefined;

/** Members of requests as vLLM and llama.cpp have them. */
const MEMBERS: Readonly<Record<string, Reader>> = {
  guided_json: readSchema,
  guided_choice: readChoices,
  guided_regex: readRegex,
  guided_grammar: readGrammar,
  json_schema: readSchema,
  grammar: readGrammar,
};
/** Members of vLLM's `structured_outputs`. */
const STRUCTURED: Readonly<Record<string, Reader>> = {
  json: readSchema,
  json_object: readAnyObject,
  choice: readChoices,
  regex: readRegex,
  grammar: readGrammar,
};

/** All forms that a request asks for, `response_format` excepted. Schemas are not strict. Throws `ParameterError`. */
export function readGuided(fields: Fields): readonly GuidedFormat[] {
  const formats = readMembers(fields, MEMBERS);
  const value = fields.any('structured_outputs');
  if (value === undefined) return formats;
  const structured: Fields = fields.inner(value, 'structured_outputs');
  const nested = readMembers(structured, STRUCTURED);
  structured.unsupported('structural_tag');
  structured.unsupported('whitespace_pattern');
  for (const name of ['disable_fallback', 'disable_any_whitespace', 'disable_additional_properties'])
    structured.unsupported(name, false);
  structured.end();
  if (nested.length === 0) fields.refuse('structured_outputs', `one of ${Object.keys(STRUCTURED).join(', ')}`);
  return [...formats, ...nested];
}

/** Refuses all of them, as responses have `text.format`. */
export function refuseGuided(fields: Fields): void {
  for (const name of Object.keys(MEMBERS)) fields.unsupported(name, '');
  fields.unsupported('structured_outputs');
}

function readMembers(fields: Fields, readers: Readonly<Record<string, Reader>>): readonly GuidedFormat[] {
  return Object.entries(readers).flatMap(([name, read]) => {
    const format = read(fields, name);
    return format === undefined ? [] : [{ format, place: fields.placeOf(name) }];
  });
}

/** A schema, or its JSON. */
function readSchema(fields: Fields, name: string): ResponseFormat | undefined {
  const value = fields.any(name);
  if (value === undefined) return undefined;
  const schema = typeof value === 'string' ? parse(value) : value;
  if (!isObject(schema)) fields.refuse(name, 'a JSON schema');
  return { type: 'json_schema', schema: schema as ParameterValue, strict: false };
}

function readAnyObject(fields: Fields, name: string): ResponseFormat | undefined {
  return fields.boolean(name) === true ? { type: 'json_object' } : undefined;
}

function readChoices(fields: Fields, name: string): ResponseFormat | undefined {
  const choices = fields.any(name);
  if (choices === undefined) return undefined;
  return isChoices(choices) ? { type: 'choice', choices } : fields.refuse(name, CHOICES_EXPECTED);
}

function readRegex(fields: Fields, name: string): ResponseFormat | undefined {
  const regex = fields.string(name);
  return regex === undefined ? undefined : { type: 'regex', regex };
}

/** llama.cpp's clients send an empty one for none. */
function readGrammar(fields: Fields, name: string): ResponseFormat | undefined {
  const grammar = fields.string(name) || undefined;
  return grammar === undefined ? undefined : { type: 'grammar', grammar };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
