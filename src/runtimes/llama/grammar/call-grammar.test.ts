import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GbnfTexts } from '../../../../test/support/gbnf-texts.js';
import { TINY_MODEL } from '../../../../test/support/llama-model.js';
import { Random } from '../../../../test/support/random.js';
import { readWhole } from '../../../../test/support/read-answer.js';
import type { OfferedTool } from '../../../generation/index.js';
import { formatOf } from '../answer/answer-format.js';
import { TOOL_FORMATS } from '../answer/formats/names.js';
import { type Library, openLibrary } from '../library/open.js';
import { Weights } from '../library/weights.js';
import { Grammar } from '../sampling/grammar.js';
import { grammarOfAnswer, grammarOfArguments } from './answer-grammar.js';
import { structuredOutput } from './structured-output.js';
import { problemOf } from './validate.js';

let library: Library;
let weights: Weights;
beforeAll(async () => {
  library = await openLibrary(undefined);
  weights = Weights.load(library, TINY_MODEL, 0);
});
afterAll(() => weights.free());

const tool = (parameters: object, isStrict = false): OfferedTool => ({
  name: 'go',
  description: '',
  parameters,
  isStrict,
});
const grammarOf = (name: (typeof TOOL_FORMATS)[number], offered: OfferedTool, maxCalls = 1) => {
  // Thoughts by chance would not end.
  const format = { ...formatOf('', name), reasoning: undefined };
  const answered = { format, isThinking: false, use: { tools: [offered], mustCall: true, maxCalls } };
  return { answered, grammar: grammarOfAnswer(undefined, answered) ?? '' };
};

/** Whether a grammar takes a text whole. */
function takes(text: string, grammar: string): boolean {
  const begun = weights.tokenize(text, { addSpecial: false, parseSpecial: false });
  const following = Grammar.following(library, weights, {
    text: `${grammar.replace('root ::=', 'root ::= " "?')}`,
    shown: undefined,
    begun,
  });
  const isWhole = following?.allows(weights.endToken ?? -1) ?? false;
  following?.free();
  return isWhole;
}

const SCHEMA = {
  type: 'object',
  properties: {
    to: { enum: ['Moses', 'Aaron'] },
    times: { type: 'integer' },
    fast: { type: 'boolean' },
    why: { type: 'string' },
    names: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 2 },
  },
  required: ['to', 'times', 'why'],
  additionalProperties: false,
};
/** Of these forms the values are between tags. */
const SHORT = {
  type: 'object',
  properties: { a: { type: 'string', maxLength: 3 } },
  required: ['a'],
  additionalProperties: false,
};

describe.each(TOOL_FORMATS)('a forced call in the form %s', (name) => {
  test.each([
    ['SCHEMA', SCHEMA],
    ['SHORT', SHORT],
  ])('is read as that call, with arguments that its strict schema allows: %s', async (_, schema) => {
    const { answered, grammar } = grammarOf(name, tool(schema, true));
    const texts = new GbnfTexts(grammar);
    const random = new Random(1);
    for (let made = 0; made < 8; made++) {
      const text = texts.sample(() => random.next(), 60);
      // The model of these tests has spaces for that character.
      expect([text, text.includes('▁') || takes(text, grammar)]).toEqual([text, true]);
      const { content, calls } = readWhole(answered, [text]);
      expect({ text, content, names: calls.map((call) => call.name) }).toEqual({ text, content: '', names: ['go'] });
      expect([text, await problemOf(calls[0]?.arguments ?? '', schema, { oneOfAsAnyOf: true })]).toEqual([
        text,
        undefined,
      ]);
    }
  });
});

const ARGS = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city'],
};

test.each([
  [
    'qwen3-coder',
    '<tool_call>\n<function=go>\n<parameter=city>\nRome\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>',
  ],
  [
    'glm',
    '<tool_call>go\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>',
  ],
  ['gpt-oss', '<|channel|>commentary to=functions.go <|constrain|>json<|message|>{"city": "Rome", "days": 3}'],
  [
    'deepseek-v3.2',
    '<｜DSML｜function_calls>\n<｜DSML｜invoke name="go">\n<｜DSML｜parameter name="city" string="true">Rome</｜DSML｜parameter>\n<｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
  ],
  [
    'kimi-k2',
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.go:0<|tool_call_argument_begin|>{"city": "Rome"}<|tool_call_end|><|tool_calls_section_end|>',
  ],
  [
    'minimax-m3',
    ']<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="go">]<]minimax[>[<city>Rome]<]minimax[>[</city>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>',
  ],
  ['gemma4', '<|tool_call>call:go{city:<|"|>Rome<|"|>,days:3}<tool_call|>'],
  ['lfm2', '<|tool_call_start|>[go(city="Rome", days=3)]<|tool_call_end|>'],
] as const)('a forced call in the form %s is written as the model was trained to', (name, text) => {
  const { grammar } = grammarOf(name, tool(ARGS));
  expect(takes(text, grammar)).toBe(true);
  expect(takes(text.replaceAll('city', 'town'), grammar)).toBe(false);
});

test('several calls are written in the form of the family', () => {
  const { grammar } = grammarOf('qwen3-coder', tool({ type: 'object', properties: {} }), 2);
  const call = '<tool_call>\n<function=go>\n</function>\n</tool_call>';
  expect(
    takes(call, grammarOf('qwen3-coder', tool({ type: 'object', properties: { a: { type: 'null' } } }), 2).grammar),
  ).toBe(true);
  expect(takes(`${call}\n${call}`, grammar)).toBe(true);
  expect(takes(`${call}\n${call}\n${call}`, grammar)).toBe(false);
});

test('a text in tags goes on until the tag that ends it, whatever it looks like', () => {
  const text = fc.string({ unit: fc.constantFrom('<', '/', 'p', 'arameter', '>', '\n', 'a', '</parameter') });
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const { grammar } = grammarOf('seed-oss', tool(schema));
  const property = fc.property(text, (value) => {
    const isValue = !value.includes('</parameter>') && !`${value}</parameter>`.slice(0, -1).includes('</parameter>');
    const written = `<seed:tool_call>\n<function=go>\n<parameter=city>${value}</parameter>\n</function>\n</seed:tool_call>`;
    expect(takes(written, grammar)).toBe(isValue);
  });
  fc.assert(property, { numRuns: 40, seed: 1 });
});

describe('arguments that have begun', () => {
  const syntax = formatOf('', 'qwen3-coder').calls.syntax;

  test('are held to the schema in the form of the family', () => {
    const text = grammarOfArguments(tool(ARGS), syntax) ?? '';
    expect(takes('\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call> Done.', text)).toBe(true);
    expect(takes('\n<parameter=town>\nRome\n</parameter>\n</function>', text)).toBe(false);
  });

  test('are not where a strict schema cannot be promised in that form', () => {
    expect(grammarOfArguments(tool(SHORT, true), syntax)).toBeUndefined();
    expect(grammarOfArguments(tool(SHORT), syntax)).toBeDefined();
  });
});

describe('the schema of a tool', () => {
  const inTags = (...pairs: readonly (readonly [string, string])[]) =>
    `<tool_call>\n<function=go>\n${pairs.map(([name, value]) => `<parameter=${name}>\n${value}\n</parameter>\n`).join('')}</function>\n</tool_call>`;
  const takesInTags = (parameters: object, ...pairs: readonly (readonly [string, string])[]) =>
    takes(inTags(...pairs), grammarOf('qwen3-coder', tool(parameters)).grammar);

  test('may have names that tags cannot have: then the call is JSON', () => {
    const parameters = { type: 'object', properties: { 'a>b': { type: 'string' } }, required: ['a>b'] };
    expect(takesInTags(parameters, ['a>b', 'x'])).toBe(false);
    const { grammar, answered } = grammarOf('qwen3-coder', tool(parameters));
    const text = '<tool_call>\n{"name": "go", "arguments": {"a>b":"x"}}\n</tool_call>';
    expect(takes(text, grammar)).toBe(true);
    expect(readWhole(answered, [text]).calls).toEqual([{ name: 'go', arguments: '{"a>b":"x"}' }]);
  });

  test('may refer to any part of itself', () => {
    const parameters = { type: 'object', properties: { a: { $ref: '#/properties/b' }, b: { type: 'integer' } } };
    expect(takesInTags(parameters, ['a', '1'], ['b', '2'])).toBe(true);
    expect(takesInTags(parameters, ['a', 'true'])).toBe(false);
  });

  test('allows any values where it cannot be read', () => {
    const parameters = { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'number', anyOf: [] } } };
    expect(takesInTags(parameters, ['a', 'true'], ['b', '{"c":1}'])).toBe(true);
  });

  test('is read once where many arguments refer to the same part', () => {
    const names = Array.from({ length: 200 }, (_, index) => `p${index}`);
    const all = (schema: object) => Object.fromEntries(names.map((name) => [name, schema]));
    const big = { type: 'object', properties: all({ type: 'integer' }), additionalProperties: false };
    const parameters = { type: 'object', properties: all({ $ref: '#/$defs/big' }), $defs: { big } };
    expect(takesInTags(parameters, ['p7', '{"p3":1}'], ['p199', '{}'])).toBe(true);
  });
});

test('a call may come behind a space or a thought', () => {
  const answered = {
    format: formatOf('', 'lfm2'),
    isThinking: false,
    use: { tools: [tool(SHORT)], mustCall: true, maxCalls: 1 },
  };
  const grammar = grammarOfAnswer(undefined, answered) ?? '';
  for (const before of ['', '\n', '<think>So.</think>\n']) {
    const text = `${before}<|tool_call_start|>[go(a="x")]<|tool_call_end|>`;
    expect([text, takes(text, grammar)]).toEqual([text, true]);
    expect(readWhole(answered, [text])).toMatchObject({
      content: '',
      calls: [{ name: 'go', arguments: '{"a": "x"}' }],
    });
  }
});

test.each([
  [{ type: 'choice', choices: ['yes', 'no'] }, '<|channel|>final<|message|>yes', 'yes'],
  [{ type: 'json_object' }, '<|channel|>final <|constrain|>json<|message|>{"a": 1}', '{"a": 1}'],
] as const)('an answer of gpt-oss names JSON in its header where it is JSON: %j', (format, text, content) => {
  const answered = { format: formatOf('', 'gpt-oss'), isThinking: false, use: undefined };
  const grammar = grammarOfAnswer(structuredOutput(format), answered) ?? '';
  expect(takes(text, grammar)).toBe(true);
  expect(readWhole(answered, [text])).toMatchObject({ content, calls: [] });
});
