import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TINY_MODEL } from '../../../../test/support/llama-model.js';
import type { ParameterValue } from '../../../core/index.js';
import type { OfferedTool } from '../../../generation/index.js';
import { type AnswerFormat, formatOf } from '../answer/answer-format.js';
import { grammarOfAnswer, grammarOfArguments } from '../grammar/answer-grammar.js';
import { structuredOutput } from '../grammar/structured-output.js';
import { type Library, openLibrary } from '../library/open.js';
import { Weights } from '../library/weights.js';
import { Grammar } from './grammar.js';

let library: Library;
let weights: Weights;
beforeAll(async () => {
  library = await openLibrary(undefined);
  weights = Weights.load(library, TINY_MODEL, 0);
});
afterAll(() => weights.free());

const tokensOf = (text: string) => weights.tokenize(text, { addSpecial: false, parseSpecial: false });
const outputOf = (schema: ParameterValue) => structuredOutput({ type: 'json_schema', schema, strict: true });
const tool = (parameters: object): OfferedTool => ({ name: 'f', description: '', parameters, isStrict: false });

/** Whether a grammar takes a text whole, character by character as tokens have it. */
function takes(text: string, grammar: string): boolean {
  const following = Grammar.following(library, weights, { text: grammar, shown: undefined, begun: tokensOf(text) });
  const isWhole = following?.allows(weights.endToken ?? -1) ?? false;
  following?.free();
  return isWhole;
}

describe('a grammar', () => {
  test('goes on with arguments that have begun, whatever the vocabulary puts before a text', () => {
    const text = grammarOfArguments(tool({ type: 'object', properties: { city: { type: 'string' } } })) ?? '';
    const grammar = Grammar.following(library, weights, { text, shown: undefined, begun: tokensOf('{"ci') });
    expect(grammar).toBeDefined();
    grammar?.free();
    expect(takes('{"city": "Rome"}}\n</tool_call>', text)).toBe(true);
    expect(takes('{"town": "Rome"}', text)).toBe(false);
  });

  test('that no token fits fails, and does not end the process', () => {
    const grammar = new Grammar(library, weights, { text: 'root ::= "\\x01"', shown: undefined });
    const logits = new Float32Array(weights.vocabularySize);
    grammar.begin(logits.fill(Number.NEGATIVE_INFINITY));
    expect(() => grammar.choose(undefined, Number.POSITIVE_INFINITY)).toThrow('no token of the model fits the grammar');
    grammar.free();
  });

  test('chooses the most probable of those that fit', () => {
    const grammar = new Grammar(library, weights, { text: 'root ::= "b" | "c"', shown: undefined });
    const logits = new Float32Array(weights.vocabularySize);
    // Behind another character: at the beginning of a text they may be one with a space.
    const [b, c, d] = ['b', 'c', 'd'].map((letter) => tokensOf(`"${letter}`).at(-1) ?? -1);
    logits[c ?? 0] = 2;
    logits[b ?? 0] = 1;
    logits[d ?? 0] = 9;
    grammar.begin(logits);
    expect(grammar.choose(undefined, Number.POSITIVE_INFINITY)).toBe(c);
    // In parts of 64 tokens of 1,024, where there is no time for more.
    grammar.begin(logits);
    const parts = Array.from({ length: 16 }, () => grammar.choose(undefined, 0));
    expect(parts).toEqual([...Array(15).fill(undefined), c]);
    grammar.free();
  });

  test('that is ambiguous is given up before it takes long', () => {
    const list = {
      anyOf: [
        { type: 'array', items: { $ref: '#' } },
        { type: 'array', items: { $ref: '#' }, maxItems: 9 },
        { type: 'null' },
      ],
    };
    const text = grammarOfAnswer(outputOf(list), undefined) ?? '';
    const grammar = new Grammar(library, weights, { text, shown: undefined });
    const [open = -1] = tokensOf('[').slice(-1);
    const write = () => {
      for (let depth = 0; depth < 60; depth++) grammar.accept(open);
    };
    expect(write).toThrow(
      'the schema is too ambiguous: alternatives that begin alike are nested too deeply in the answer',
    );
    grammar.free();
  });

  test('that refers to itself first is refused', () => {
    const schema = { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }] } } };
    const text = grammarOfAnswer(outputOf(schema), undefined) ?? '';
    expect(() => new Grammar(library, weights, { text, shown: undefined })).toThrow(
      'the schema is not supported: it refers to itself before anything else',
    );
  });
});

test('integers have up to 15 digits, so none is beyond ±(2^53 − 1)', () => {
  const grammar = grammarOfAnswer(outputOf({ type: 'integer' }), undefined) ?? '';
  for (const text of ['0', '7', '-12', '999999999999999', '-999999999999999']) expect(takes(text, grammar)).toBe(true);
  for (const text of ['1000000000000000', '-1000000000000000', '007']) expect(takes(text, grammar)).toBe(false);
});

describe('thoughts before JSON', () => {
  const format: AnswerFormat = formatOf('<think>');
  const grammarOf = (isThinking: boolean) =>
    grammarOfAnswer(outputOf({ const: true }), { format, use: undefined, isThinking }) ?? '';

  test.each([
    ['true', true],
    ['<think>a <b>bold</b> idea</think>\n\ntrue', true],
    ['<think><</think>true', true],
    ['<think></th</think>true', true],
    ['<think>so </think> false', false],
    ['<think>true', false],
  ])('may be anything up to their end: %j is %s', (text, expected) => {
    expect(takes(text, grammarOf(false))).toBe(expected);
  });

  test('have begun where the prompt says so', () => {
    expect(takes('well</think>\ntrue', grammarOf(true))).toBe(true);
    expect(takes('true', grammarOf(true))).toBe(false);
  });
});
