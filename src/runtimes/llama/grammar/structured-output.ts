import type { ResponseFormat } from '../../../core/index.js';
import { ruleOfGbnf } from './gbnf/rules.js';
import { ruleOfRegex } from './guided.js';
import { plainSchema, ruleOfSchema } from './json-schema.js';
import { anyLiteral, type GrammarRules } from './rules.js';
import type { SchemaReading } from './schema.js';
import type { SchemaChecks } from './schema-checks.js';

/** What the text of an answer has to be. */
export interface StructuredOutput {
  readonly isJson: boolean;
  /** The rule of a grammar that lets nothing else come. Throws `invalid_argument` for a schema that cannot be promised. */
  rule(rules: GrammarRules): string;
  /** Of a text that is whole. Rejects with `internal` where it is wrong, or has `checks` count that where nothing was promised. */
  check(text: string, checks: SchemaChecks): Promise<void>;
}

/** The form that a request asks for; undefined = any text. Throws `invalid_argument`. */
export function structuredOutput(format: ResponseFormat | undefined): StructuredOutput | undefined {
  if (format === undefined) return undefined;
  switch (format.type) {
    case 'json_object':
      return {
        isJson: true,
        rule: () => 'ws object ws',
        check: (text, checks) => checks.require({ text, schema: true }),
      };
    case 'json_schema':
      return outputBySchema(format);
    case 'choice':
      return promised(() => anyLiteral(format.choices));
    case 'regex':
      return promised((rules) => ruleOfRegex(rules, format.regex));
    case 'grammar':
      return promised((rules) => ruleOfGbnf(rules, format.grammar));
  }
}

/** The grammar says all of it. */
function promised(rule: StructuredOutput['rule']): StructuredOutput {
  return { isJson: false, rule, check: () => Promise.resolve() };
}

function outputBySchema({
  schema: given,
  strict: isStrict,
}: ResponseFormat & { readonly type: 'json_schema' }): StructuredOutput {
  const reading: SchemaReading = { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict };
  const schema = plainSchema(given, reading);
  return {
    isJson: true,
    rule: (rules) => `ws ${ruleOfSchema(rules, schema, reading)} ws`,
    check: (text, checks) => (isStrict ? checks.require({ text, schema }) : checks.count({ text, schema })),
  };
}
