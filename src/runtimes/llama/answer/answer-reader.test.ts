import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OfferedTool } from '../../../generation/index.js';
import { type AnswerFormat, formatOf } from './answer-format.js';
import type { AnswerPiece } from './answer-piece.js';
import { AnswerReader } from './answer-reader.js';

const HERMES = formatOf('<tool_call>');
const MISTRAL = formatOf('[TOOL_CALLS]');
const NAMED = formatOf('[TOOL_CALLS] [ARGS]');
const LLAMA3 = formatOf('ipython "parameters"');
const JSON_LINES = formatOf('{{ messages }}');
const THINKING = formatOf('<think> <tool_call>');

const TOOLS: readonly OfferedTool[] = ['add', 'now'].map((name) => ({
  name,
  description: '',
  parameters: {},
  isStrict: false,
}));
const use = (maxCalls = 16) => ({ tools: TOOLS, mustCall: false, maxCalls });

interface Whole {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
}

/** All of an answer whose text comes in these pieces. */
function read(format: AnswerFormat, pieces: readonly string[], isThinking = false): Whole {
  const reader = new AnswerReader({ format, isThinking, use: use() });
  const told: AnswerPiece[] = [...pieces.map((piece) => reader.push(piece)), reader.end()];
  const calls: { name: string; arguments: string }[] = [];
  for (const { index, name, arguments: given } of told.flatMap((piece) => piece.calls)) {
    if (name !== undefined) {
      expect(index).toBe(calls.length);
      calls.push({ name, arguments: '' });
    }
    const call = calls[index];
    if (call === undefined) throw new Error('arguments of a call whose tool was not told');
    call.arguments += given;
  }
  return {
    content: told.map(({ content }) => content).join(''),
    reasoning: told.map(({ reasoning }) => reasoning).join(''),
    calls,
  };
}

const says = (content: string): Whole => ({ content, reasoning: '', calls: [] });
const calls = (...list: readonly (readonly [string, string])[]): Whole => ({
  content: '',
  reasoning: '',
  calls: list.map(([name, args]) => ({ name, arguments: args })),
});

const ADD = '{"name": "add", "arguments": {"a": 1, "b": "}\\"]"}}';
const ADDED = ['add', '{"a": 1, "b": "}\\"]"}'] as const;
const NOW = '{"name":"now","arguments":{}}';

const CASES: readonly (readonly [string, AnswerFormat, string, Whole])[] = [
  ['a text', HERMES, ' It is <b>three</b>.\n', says(' It is <b>three</b>.\n')],
  ['a call in tags', HERMES, `\n<tool_call>\n${ADD}\n</tool_call>\n`, calls(ADDED)],
  [
    'two calls in tags',
    HERMES,
    `<tool_call>\n${ADD}\n</tool_call>\n<tool_call>${NOW}</tool_call>`,
    calls(ADDED, ['now', '{}']),
  ],
  ['a text and a call', HERMES, `Sure: <tool_call>${NOW}</tool_call>`, { ...calls(['now', '{}']), content: 'Sure: ' }],
  [
    'a call and a text',
    HERMES,
    `<tool_call>${NOW}</tool_call>\nDone. </tool_call>`,
    { ...calls(['now', '{}']), content: 'Done. </tool_call>' },
  ],
  ['a tag that never ends', HERMES, `<tool_call>\n${ADD}`, calls(ADDED)],
  ['arguments that are cut', HERMES, '<tool_call>{"name": "add", "arguments": {"a": 1', calls(['add', '{"a": 1'])],
  ['a call that is cut early', HERMES, '<tool_call>{"name": "ad', says('<tool_call>{"name": "ad')],
  [
    'a tool that is not there',
    HERMES,
    `<tool_call>{"name":"x","arguments":{}}</tool_call>`,
    says('<tool_call>{"name":"x","arguments":{}}</tool_call>'),
  ],
  ['tags without JSON', HERMES, '<tool_call>add(1)</tool_call>', says('<tool_call>add(1)</tool_call>')],
  ['tags with other JSON', HERMES, '<tool_call>{"a":1}</tool_call>!', says('<tool_call>{"a":1}</tool_call>!')],
  [
    'arguments before the name',
    HERMES,
    '<tool_call>{"arguments": {"a": 1}, "name": "add"}',
    calls(['add', '{"a": 1}']),
  ],
  ['arguments in a string', HERMES, '<tool_call>{"name":"add","arguments":"{\\"a\\": 1}"}', calls(['add', '{"a": 1}'])],
  [
    'a tag that begins again',
    HERMES,
    `<tool_call><tool_call>${NOW}</tool_call>`,
    { ...calls(['now', '{}']), content: '<tool_call>' },
  ],
  [
    'arguments twice',
    HERMES,
    '<tool_call>{"name":"add","arguments":{"a":1},"parameters":{}}',
    { ...calls(['add', '{"a":1}']), content: ':{}}' },
  ],
  ['no arguments', HERMES, '<tool_call>{"name": "now"}</tool_call>', calls(['now', '{}'])],
  [
    'garbage behind arguments',
    HERMES,
    '<tool_call>{"name":"now","arguments":{} ?!',
    { ...calls(['now', '{}']), content: '?!' },
  ],
  [
    'a list',
    MISTRAL,
    `[TOOL_CALLS] [${ADD}, {"name": "now", "arguments": {}, "id": "abcdefghi"}]`,
    calls(ADDED, ['now', '{}']),
  ],
  [
    'names before arguments',
    NAMED,
    '[TOOL_CALLS]add[ARGS]{"a": 1}[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}',
    calls(['add', '{"a": 1}'], ['now', '{}']),
  ],
  ['parameters', LLAMA3, '{"name": "add", "parameters": {"a": 1}}', calls(['add', '{"a": 1}'])],
  [
    'a python tag',
    LLAMA3,
    `<|python_tag|>{"type": "function", "name": "now", "parameters": {}}; ${ADD}`,
    calls(['now', '{}'], ADDED),
  ],
  ['another object', LLAMA3, '{"name": "Ada", "age": 3}', says('{"name": "Ada", "age": 3}')],
  ['JSON in lines', JSON_LINES, `${ADD}\n${NOW}`, calls(ADDED, ['now', '{}'])],
  ['JSON in a list', JSON_LINES, ` [${ADD},${NOW}]`, calls(ADDED, ['now', '{}'])],
  ['another list', JSON_LINES, '[1, 2] [', says('[1, 2] [')],
  ['whitespace', JSON_LINES, ' \n', says(' \n')],
  [
    'a thought',
    THINKING,
    '\n<think>\n Well <now>.\n\n</think>\n\nThree. <think>',
    { ...says('Three. <think>'), reasoning: 'Well <now>.' },
  ],
  ['a thought that does not end', THINKING, '<think> a\n\nb\n', { ...says(''), reasoning: 'a\n\nb' }],
  ['a thought and a call', THINKING, `<think></think>\n<tool_call>${NOW}</tool_call>`, calls(['now', '{}'])],
  ['no thought', THINKING, ' <thin', says(' <thin')],
];

describe('an answer', () => {
  test.each(CASES)('of %s', (_, format, text, expected) => {
    expect(read(format, [text])).toEqual(expected);
    expect(read(format, [...text])).toEqual(expected);
  });

  test('is read the same in whatever pieces it comes', () => {
    const oneOf = fc.constantFrom(...CASES.map(([, format, text]) => ({ format, text })));
    fc.assert(
      fc.property(oneOf, fc.array(fc.nat(60), { maxLength: 6 }), ({ format, text }, cuts) => {
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((to, index) => text.slice(places[index], to));
        expect(read(format, pieces)).toEqual(read(format, [text]));
      }),
    );
  });

  test('says nothing less than was written, where it calls nothing', () => {
    const parts = fc.array(
      fc.constantFrom(
        '<tool_call>',
        '</tool_call>',
        '{"name":',
        '"x"',
        '}',
        '[',
        ',',
        ' ',
        '\n',
        'a',
        '[TOOL_CALLS]',
        ';',
      ),
    );
    const formats = fc.constantFrom(HERMES, MISTRAL, NAMED, LLAMA3, JSON_LINES);
    fc.assert(
      fc.property(formats, parts, (format, pieces) => {
        expect(read(format, pieces)).toEqual(says(pieces.join('')));
      }),
    );
  });

  test('goes on with a thought that the prompt has begun', () => {
    expect(read(THINKING, ['So.</think>Three.'], true)).toEqual({ ...says('Three.'), reasoning: 'So.' });
    expect(read(THINKING, ['So.</think>Three.'])).toEqual(says('So.</think>Three.'));
  });

  test('tells the arguments of a call while they are written', () => {
    const reader = new AnswerReader({ format: HERMES, isThinking: false, use: use(1) });
    const calls = (text: string) => reader.push(text).calls.map(({ name, arguments: given }) => [name, given]);
    expect(calls('<tool_call>{"name": "ad')).toEqual([]);
    expect(reader.openArguments).toBeUndefined();
    expect(calls('d", ')).toEqual([['add', '']]);
    expect(reader.openArguments).toBeUndefined();
    expect(calls('"arguments": {"a')).toEqual([[undefined, '{"a']]);
    expect(reader.openArguments).toEqual({ tool: 'add', text: '{"a', isObject: true });
    expect(reader.isComplete).toBe(false);
    expect(calls('": 1}')).toEqual([[undefined, '": 1}']]);
    expect(reader.openArguments).toBeUndefined();
    expect(reader.isComplete).toBe(false);
    expect(calls('}')).toEqual([]);
    expect(reader.isComplete).toBe(true);
  });

  test('knows nothing of arguments in a string before they end', () => {
    const reader = new AnswerReader({ format: HERMES, isThinking: false, use: use(1) });
    reader.push('<tool_call>{"name":"add","arguments":"{\\"a');
    expect(reader.openArguments).toBeUndefined();
  });

  test('gives calls the ids that templates take', () => {
    const idOf = (format: AnswerFormat, text: string) =>
      new AnswerReader({ format, isThinking: false, use: use(1) }).push(text).calls[0]?.id;
    expect(idOf(HERMES, `<tool_call>${NOW}`)).toMatch(/^call_[A-Za-z0-9]{24}$/);
    expect(idOf(MISTRAL, `[TOOL_CALLS][${NOW}]`)).toMatch(/^[A-Za-z0-9]{9}$/);
  });
});
