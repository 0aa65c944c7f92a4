import { MillraceError, type ResponseFormat } from '../../../core/index.js';
import { plainSchema, ruleOfSchema, type SchemaReading } from './json-schema.js';
import type { GrammarRules } from './rules.js';
import type { SchemaChecks } from './schema-checks.js';
import { problemOf } from './validate.js';

/** What the text of an answer has to be. */
export interface StructuredOutput {
  /** The rule of a grammar that lets nothing else come. Throws `invalid_argument` for a schema that cannot be promised. */
  rule(rules: GrammarRules): string;
  /** Of a text that is whole. Rejects with `internal` where it is wrong, or has `checks` count that where nothing was promised. */
  check(text: string, checks: SchemaChecks): Promise<void>;
}

/** JSON by the schema of a request, any object of JSON, or undefined where nothing is asked for. Throws `invalid_argument`. */
export function structuredOutput(format: ResponseFormat | undefined): StructuredOutput | undefined {
  if (format === undefined) return undefined;
  if (format.type === 'json_object') return { rule: () => 'object', check: checkIsJson };
  const { strict: isStrict } = format;
  const reading: SchemaReading = { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict };
  const schema = plainSchema(format.schema, reading);
  return {
    rule: (rules) => ruleOfSchema(rules, schema, reading),
    check: (text, checks) => (isStrict ? checkJson(text, schema) : checks.count({ text, schema })),
  };
}

/** Rejects with `internal` for a text that is not JSON that a schema allows. The grammar has read it, so it takes no long time. */
export async function checkJson(text: string, schema: unknown): Promise<void> {
  const problem = await problemOf(text, schema, { oneOfAsAnyOf: true });
  if (problem !== undefined) throw wrong(problem);
}

async function checkIsJson(text: string): Promise<void> {
  await checkJson(text, true);
}

function wrong(problem: string): MillraceError {
  return new MillraceError('internal', `the answer does not match the schema: ${problem}`);
}
