import { describe, expect, test } from 'vitest';
import { readWhole } from '../../../../test/support/read-answer.js';
import type { OfferedTool } from '../../../generation/index.js';
import { formatOf } from './answer-format.js';
import { AnswerReader } from './answer-reader.js';
import type { ToolFormatName } from './formats/names.js';

const tool = (parameters: object): OfferedTool => ({ name: 'edit', description: '', parameters, isStrict: false });
const EDIT = tool({
  type: 'object',
  properties: {
    text: { type: 'string' },
    at: { type: 'integer' },
    lines: { type: 'array', items: { type: 'string' } },
    node: { $ref: '#/$defs/node' },
  },
  $defs: { node: { type: 'object', properties: { name: { type: 'string' }, node: { $ref: '#/$defs/node' } } } },
});
const answered = (name: ToolFormatName) => ({
  format: formatOf('<think>', name),
  isThinking: false,
  use: { tools: [EDIT], mustCall: false, maxCalls: 16 },
});
const argumentsOf = (name: ToolFormatName, text: string) => {
  const { calls, content } = readWhole(answered(name), [text]);
  return { content, arguments: calls.map((call) => call.arguments) };
};
const inTags = (key: string, value: string) =>
  `<tool_call><function=edit><parameter=${key}>${value}</parameter></function></tool_call>`;

describe('arguments in tags', () => {
  test('are passed on while they come, if they are texts', () => {
    const reader = new AnswerReader(answered('qwen3-coder'));
    const told = (text: string) => reader.push(text).calls.map(({ name = '', arguments: given }) => name + given);
    expect(told('<tool_call>\n<function=ed')).toEqual([]);
    expect(told('it>\n')).toEqual(['edit']);
    expect(told('<parameter=text>\n"a')).toEqual(['{"text": "\\"a']);
    expect(reader.openArguments).toEqual({ tool: 'edit', text: '\n<parameter=text>\n"a', isObject: false });
    expect(told('\nb\n</par')).toEqual(['\\nb']);
    expect(told('ameter>\n<parameter=at>\n4')).toEqual(['", "at": ']);
    expect(told('2\n</parameter>\n</function>')).toEqual(['42}']);
    expect(reader.openArguments).toBeUndefined();
  });

  test.each([
    ['at', '42', '{"at": 42}'],
    ['at', ' -1\n', '{"at": -1}'],
    ['at', 'many', '{"at": "many"}'],
    ['text', '42', '{"text": "42"}'],
    ['text', '\n\n a\n\n', '{"text": "\\n a\\n"}'],
    ['text', '', '{"text": ""}'],
    ['lines', '["</parameter>"]', '{"lines": ["</parameter>"]}'],
    ['lines', '[\'a\', "b",]', '{"lines": ["a", "b"]}'],
    ['lines', '[a', '{"lines": "[a"}'],
    ['node', "{'name': None, 'node': {}}", '{"node": {"name": null, "node": {}}}'],
    ['other', 'true', '{"other": true}'],
    ['other', 'True', '{"other": true}'],
    ['other', 'yes', '{"other": "yes"}'],
  ])('are what the schema says: %s, %j', (key, value, json) => {
    expect(argumentsOf('qwen3-coder', inTags(key, value))).toEqual({ content: '', arguments: [json] });
  });

  test.each([
    ['<tool_call><function=edit></tool_call>!', '{}', '!'],
    ['<tool_call><function=edit><parameter=at>1</parameter></tool_call>', '{"at": 1}', ''],
    ['<tool_call><function=edit><parameter=at>1</parameter> What', '{"at": 1}', 'What'],
    ['<tool_call><function=edit><parameter=at>1', '{"at": ', ''],
  ])('end with their call, however it ends: %j', (text, json, content) => {
    expect(argumentsOf('qwen3-coder', text)).toEqual({ content, arguments: [json] });
  });

  test('of a tool that is not there are text', () => {
    const text = '<tool_call>\n<function=other>\n<parameter=at>\n1\n</parameter>\n</function>\n</tool_call>';
    expect(argumentsOf('qwen3-coder', text)).toEqual({ content: text, arguments: [] });
  });

  test('may be an object of JSON instead, in every form with tags', () => {
    for (const [name, open, close] of [
      ['qwen3-coder', '<tool_call>', '</tool_call>'],
      ['glm', '<tool_call>', '</tool_call>'],
      ['deepseek-v3.2', '<｜DSML｜function_calls>', '</｜DSML｜function_calls>'],
      ['minimax-m2', '<minimax:tool_call>', '</minimax:tool_call>'],
    ] as const) {
      const text = `${open}\n{"name": "edit", "arguments": {"at": 1}}\n${close}`;
      expect(argumentsOf(name, text)).toEqual({ content: '', arguments: ['{"at": 1}'] });
    }
  });

  test('may be nested, in tags of the same name as well', () => {
    const tag = (name: string, body: string) => `]<]minimax[>[<${name}>${body}]<]minimax[>[</${name}>`;
    const node = tag('node', tag('name', 'a') + tag('node', tag('name', 'b')));
    const text = `]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="edit">${node}]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>`;
    expect(argumentsOf('minimax-m3', text)).toEqual({
      content: '',
      arguments: ['{"node": {"name": "a", "node": {"name": "b"}}}'],
    });
  });

  test('are not read deeper than 32 levels', () => {
    const open = ']<]minimax[>[<node>'.repeat(60);
    const close = ']<]minimax[>[</node>'.repeat(60);
    const text = `]<]minimax[>[<tool_call>]<]minimax[>[<invoke name="edit">${open}${close}]<]minimax[>[</invoke>`;
    const [json = ''] = argumentsOf('minimax-m3', text).arguments;
    expect(JSON.parse(json)).toEqual({ node: expect.anything() });
  });
});

describe('literals', () => {
  const inPython = (given: string) => argumentsOf('lfm2', `<|tool_call_start|>[edit(${given})]<|tool_call_end|>`);

  test.each([
    ['', '{}'],
    ['at=1, text="a"', '{"at": 1, "text": "a"}'],
    [`text='it\\'s "so"'`, `{"text": "it's \\"so\\""}`],
    ['text="\\x41\\u00e9\\n\\q"', '{"text": "Aé\\n\\\\q"}'],
    ['lines=[], node={}', '{"lines": [], "node": {}}'],
    ['lines=("a", "b",)', '{"lines": ["a", "b"]}'],
    ['at=0x10, other=None', '{"at": "0x10", "other": null}'],
    ['node={"name": "a", "node": {"name": True}}', '{"node": {"name": "a", "node": {"name": true}}}'],
  ])('of Python are read as JSON: %s', (given, json) => {
    expect(inPython(given)).toEqual({ content: '', arguments: [json] });
  });

  test('that end in another way leave the JSON whole', () => {
    const { arguments: given } = inPython('node={"name" "a"}');
    expect(JSON.parse(given[0] ?? '')).toEqual({ node: { name: null } });
  });

  test('with a token as quotation mark keep everything in it', () => {
    const text =
      '<|tool_call>call:edit{text:<|"|>a "b" \\n {c}<|"|>,lines:[<|"|>x<|"|>],node:{name:<|"|>y<|"|>}}<tool_call|>';
    expect(argumentsOf('gemma4', text)).toEqual({
      content: '',
      arguments: ['{"text": "a \\"b\\" \\\\n {c}", "lines": ["x"], "node": {"name": "y"}}'],
    });
  });
});

test.each([
  ['qwen3-coder', '<tool_call><function=edit><parameter=text>', '\n</parameter'],
  ['qwen3-coder', '<tool_call><function=edit><parameter=lines>', '["</parameter>", '],
  ['qwen3-coder', '', ' \n'],
  ['qwen3-coder', '<think>', ' \n'],
  ['qwen3-coder', '<think>a', ' \n'],
  ['minimax-m3', ']<]minimax[>[<tool_call>]<]minimax[>[<invoke name="edit">', ']<]minimax[>[<node>'],
  ['lfm2', '<|tool_call_start|>[edit(lines=[', '"a",'],
  ['lfm2', '<|tool_call_start|>[edit(', 'a'],
  ['lfm2', '<|tool_call_start|>', '[,'],
  ['gpt-oss', '<|channel|>commentary to=functions.edit<|message|>{"text": "', '<|end|>'],
  ['gpt-oss', '<|channel|>commentary to=functions.edit<|message|>', ' '],
  ['gpt-oss', '', ' '],
  ['gpt-oss', '', '<|channel|>analysis '],
  ['command-r7b', '', ' '],
  ['hermes', '', '<tool_call>{"a":'],
] as const)('an answer in the form %s that goes on and on is read in linear time: %j, %j', (name, begin, unit) => {
  const reader = new AnswerReader(answered(name));
  const pieces = [reader.push(begin)];
  // Were all of it read again for each piece, that would be billions of characters.
  for (let length = 0; length < 200_000; length += unit.length) pieces.push(reader.push(unit));
  pieces.push(reader.end());
  const read = pieces.reduce((sum, { content, reasoning }) => sum + content.length + reasoning.length, 0);
  expect(read).toBeLessThanOrEqual(begin.length + 200_000 + unit.length);
});

test('schemas that refer to themselves in many ways are read once', () => {
  const every = [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }];
  const edit = tool({
    type: 'object',
    properties: { at: { $ref: '#/$defs/a' } },
    $defs: { a: { anyOf: [...every, { type: 'integer' }] }, b: { anyOf: [...every, { type: 'null' }] } },
  });
  const use = { tools: [edit], mustCall: false, maxCalls: 1 };
  const { calls } = readWhole({ ...answered('qwen3-coder'), use }, [inTags('at', 'None')]);
  expect(calls.map((call) => call.arguments)).toEqual(['{"at": null}']);
});
