import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ruleOfSchema } from '../../src/runtimes/llama/grammar/json-schema.js';
import { GrammarRules } from '../../src/runtimes/llama/grammar/rules.js';
import type { Json } from '../../src/runtimes/llama/grammar/schema.js';
import { problemOf } from '../../src/runtimes/llama/grammar/validate.js';
import { GbnfTexts } from '../support/gbnf-texts.js';

interface Group {
  readonly description: string;
  readonly schema: Json;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

const FILE = path.resolve(import.meta.dirname, '../fixtures/schemas/json-schema-test-suite.json');
const SUITE: Readonly<Record<string, readonly Group[]>> = JSON.parse(readFileSync(FILE, 'utf8'));
const READING = { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict: true } as const;
/** Reasons for which a schema of the suite may be refused. */
const REFUSALS =
  /: (allows no value|no value is allowed by all of them|no alternative allows a value|expected a list of values|expected a reference inside the schema, got ".*"|the pattern is not supported at character 4: .*)$/;
/** ajv does not see here which members and items `if` and `contains` have evaluated. */
const UNEVALUATED: ReadonlySet<string> = new Set([
  'unevaluatedItems with nested items',
  'unevaluatedItems depends on multiple nested contains',
  'unevaluatedItems and contains interact to control item dependency relationship',
  'unevaluatedItems with minContains = 0',
  'unevaluatedItems can see annotations from if without then and else',
  'unevaluatedProperties with if/then/else, then not defined',
  'unevaluatedProperties can see annotations from if without then and else',
]);
const GROUPS = Object.entries(SUITE).flatMap(([keyword, groups]) =>
  groups
    .filter(({ description }) => !UNEVALUATED.has(description))
    .map((group) => [`${keyword}: ${group.description}`, group, keyword] as const),
);

/** undefined = the schema is refused for a known reason. */
function grammarOf(schema: Json): string | undefined {
  const rules = new GrammarRules();
  try {
    return rules.print(rules.add(`ws ${ruleOfSchema(rules, schema, READING)} ws`));
  } catch (error) {
    expect((error as Error).message).toMatch(REFUSALS);
    return undefined;
  }
}

test('most schemas of the suite are accepted as strict ones', () => {
  const accepted = GROUPS.filter(([, { schema }]) => grammarOf(schema) !== undefined);
  expect(accepted.length).toBeGreaterThan(0.88 * GROUPS.length);
});

test.each(GROUPS)('answers are checked as the suite says: %s', async (_, { schema, tests }, keyword) => {
  const grammar = grammarOf(schema);
  if (grammar === undefined) return;
  const texts = new GbnfTexts(grammar);
  for (const { description, data, valid } of tests) {
    const text = JSON.stringify(data);
    // As documented, answers may match several schemas of `oneOf`.
    if (keyword === 'oneOf' && !valid) continue;
    const problem = await problemOf(text, schema, { oneOfAsAnyOf: true });
    // The grammar and the check together let valid answers through only.
    const isPassed = problem === undefined && (valid || texts.takes(text));
    expect({ description, isPassed }).toEqual({ description, isPassed: valid });
  }
});
