import { invalidArgument, MillraceError, type ParameterValue } from '../../../core/index.js';
import { ruleOfSchema } from './json-schema.js';
import type { GrammarRules } from './rules.js';

/** What the text of an answer has to be. */
export interface StructuredOutput {
  /** The rule of a grammar that lets nothing else come. Throws `invalid_argument` for a schema that cannot be promised. */
  rule(rules: GrammarRules): string;
  /** Throws `internal` for a text that is whole and nevertheless wrong. */
  check(text: string): Promise<void>;
}

/** JSON by the schema of a request, any object of JSON, or undefined where nothing is asked for. Throws `invalid_argument`. */
export function structuredOutput(
  schema: ParameterValue | undefined,
  jsonObject: boolean,
): StructuredOutput | undefined {
  if (schema === undefined)
    return jsonObject ? { rule: () => 'object', check: async (text) => void parse(text) } : undefined;
  if (jsonObject) throw invalidArgument("parameter 'json_object': expected to be left out beside 'json_schema'");
  return {
    rule: (rules) =>
      ruleOfSchema(rules, schema, { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict: true }),
    check: (text) => checkJson(text, schema),
  };
}

/** Throws `internal` for a text that is not JSON that a schema allows. */
export async function checkJson(text: string, schema: unknown): Promise<void> {
  const value = parse(text);
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  // Which draft it says it is of, and what it is called, are for others: the grammar has read it.
  const options = { strict: false, validateFormats: false, validateSchema: false } as const;
  const validate = new Ajv2020(options).compile(JSON.parse(JSON.stringify(schema, asGrammarReadsIt)) as object);
  if (!validate(value)) throw wrong(`${validate.errors?.[0]?.instancePath} ${validate.errors?.[0]?.message}`);
}

/** Names do not matter, and `oneOf` is read as `anyOf`. */
function asGrammarReadsIt(key: string, value: unknown): unknown {
  if (key === '$id' && typeof value === 'string') return undefined;
  if (typeof value !== 'object' || value === null || !('oneOf' in value) || !Array.isArray(value.oneOf)) return value;
  const { oneOf, ...others } = value;
  return { ...others, anyOf: oneOf };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong('it is not JSON', cause);
  }
}

function wrong(problem: string, cause?: unknown): MillraceError {
  return new MillraceError('internal', `the answer does not match the schema: ${problem}`, { cause });
}
