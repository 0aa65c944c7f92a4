import { expect, it } from 'vitest';
import { unpackConversation } from '../../generation/index.js';
import { Fields } from '../shared/generation/fields.js';
import { IgnoredNames } from '../shared/generation/ignored-names.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { decodeCount, decodeMessage } from './decode-request.js';

const SHORT = { model: 'm', max_tokens: 8, messages: [{ role: 'user', content: 'Who?' }] };
const HEAR = { name: 'hear', input_schema: { type: 'object' } };
const turn = (content: unknown, role = 'user') => ({ messages: [{ role, content }] });
const fieldsOf = (change: object, ignored = new IgnoredNames('warn')) =>
  Fields.of(JSON.parse(JSON.stringify({ ...SHORT, ...change })), '', ignored);
const conversationOf = (change: object) => {
  const [prompt] = decodeMessage(fieldsOf(change)).prompts;
  if (prompt?.kind !== 'conversation') throw new Error('expected a conversation');
  return unpackConversation(prompt.conversation);
};

it.each<readonly [message: string, change: object]>([
  ["'max_tokens': expected the most tokens of the answer, got nothing", { max_tokens: undefined }],
  ["'max_tokens': expected an integer from 1 to 2147483647, got 0", { max_tokens: 0 }],
  ["'messages': expected a list of at least one message, got []", { messages: [] }],
  ["'messages[0].content': expected a text or a list of blocks, got nothing", { messages: [{ role: 'user' }] }],
  [
    "'messages[0].content[0].type': parts of type 'image' are not supported by this model; expected 'text'",
    turn([{ type: 'image', source: { type: 'url', url: 'a' } }]),
  ],
  [
    "'messages[0].content[0].type': parts of type 'document' are not supported by this model; expected 'text'",
    turn([{ type: 'document', source: { type: 'text', data: 'a', media_type: 'text/plain' } }]),
  ],
  [
    "'messages[0].content[0].tool_use_id': expected the id of a 'tool_use' before it, got \"toolu_9\"",
    turn([{ type: 'tool_result', tool_use_id: 'toolu_9', content: 'a' }]),
  ],
  [
    "'messages[0].role': expected 'assistant' for a message with a block of type 'tool_use', got \"user\"",
    turn([{ type: 'tool_use', id: 'a', name: 'send', input: {} }]),
  ],
  [
    "'messages': expected a 'tool_result' behind the last 'tool_use', got nothing",
    turn([{ type: 'tool_use', id: 'a', name: 'send', input: {} }], 'assistant'),
  ],
  [
    "'tools[0].type': tools of type 'web_search_20250305' are not supported here",
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
  ],
  ["'tools[0].input_schema': expected a JSON schema, got nothing", { tools: [{ name: 'a' }] }],
  ["'tools[1].name': 'hear' is the name of tools[0] already", { tools: [HEAR, HEAR] }],
  [
    "'tool_choice.name': expected the name of one of 'tools', got \"a\"",
    {
      tools: [HEAR],
      tool_choice: { type: 'tool', name: 'a' },
    },
  ],
  [
    "'tool_choice.type': expected 'auto' or 'none' where there are no 'tools', got \"any\"",
    {
      tool_choice: { type: 'any' },
    },
  ],
  ["'thinking.budget_tokens': expected the tokens of thoughts, got nothing", { thinking: { type: 'enabled' } }],
  ['\'stop_sequences\': expected up to 16 strings, none of them empty, got [""]', { stop_sequences: [''] }],
  ["'mcp_servers' is not supported here", { mcp_servers: [{ name: 'a' }] }],
  ["'max_token' is not a known parameter; did you mean 'max_tokens'?", { max_token: 5 }],
])('%s', (message, change) => {
  expect(() => decodeMessage(fieldsOf(change))).toThrow(
    expect.objectContaining({ name: ParameterError.name, message }),
  );
});

it('blocks become the turns that templates know, results of tools among them', () => {
  const call = { id: 'toolu_1', name: 'hear', input: { of: 'Eve' } };
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b', citations: null },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 's' },
        { type: 'redacted_thinking', data: 'd' },
        { type: 'text', text: 'c' },
        { type: 'tool_use', ...call },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'd' },
        { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true },
        { type: 'text', text: 'e' },
      ],
    },
    { role: 'user', content: [] },
  ];
  expect(conversationOf({ messages, system: [{ type: 'text', text: 's' }], tools: [HEAR] })).toEqual({
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'ab' },
      {
        role: 'assistant',
        content: 'c',
        reasoning_content: 'hm',
        tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'hear', arguments: { of: 'Eve' } } }],
      },
      { role: 'tool', content: 'd', tool_call_id: 'toolu_1', name: 'hear' },
      { role: 'tool', content: 'Error: ', tool_call_id: 'toolu_1', name: 'hear' },
      { role: 'user', content: 'e' },
      { role: 'user', content: '' },
    ],
    tools: [{ type: 'function', function: { name: 'hear', parameters: { type: 'object' } } }],
  });
});

it.each([
  [{}, undefined],
  [{ thinking: { type: 'adaptive' } }, undefined],
  [{ thinking: { type: 'between_tools' } }, undefined],
  [{ thinking: { type: 'disabled' } }, 'none'],
  [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, 'none'],
  [{ thinking: { type: 'enabled', budget_tokens: 2_048 } }, 'low'],
  [{ thinking: { type: 'enabled', budget_tokens: 8_192 } }, 'medium'],
  [{ thinking: { type: 'enabled', budget_tokens: 8_193 } }, 'high'],
  [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'xhigh'],
])('%j asks for the effort %s', (change, effort) => {
  expect(conversationOf(change).reasoning_effort).toBe(effort);
});

it('sampling, stops, tools and the schema of the answer are those of any request for text', () => {
  const schema = { type: 'object' };
  const { parameters, stream } = decodeMessage(
    fieldsOf({
      stream: true,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      stop_sequences: ['a'],
      tools: [HEAR],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      output_config: { format: { type: 'json_schema', schema } },
    }),
  );
  expect(stream).toBe(true);
  expect(parameters).toEqual({
    maxTokens: 8,
    temperature: 0.5,
    topP: 0.9,
    topK: 4,
    stop: ['a'],
    toolChoice: 'required',
    parallelToolCalls: false,
    responseFormat: { type: 'json_schema', schema, strict: true },
  });
});

it('a count has no answer, so nothing is said of its form', () => {
  const { max_tokens: _, ...asked } = SHORT;
  const output_config = { format: { type: 'json_schema', schema: { type: 'object' } } };
  expect(decodeCount(Fields.of({ ...asked, output_config })).parameters).toEqual({ maxTokens: 0 });
});

it('members without effect are noted, labels are not', () => {
  const ignored = new IgnoredNames('warn');
  const cache_control = { type: 'ephemeral' };
  decodeMessage(
    fieldsOf(
      {
        metadata: { user_id: 'u' },
        service_tier: 'auto',
        cache_control,
        unknown: 1,
        tools: [{ ...HEAR, cache_control, type: 'custom' }],
        thinking: { type: 'adaptive', display: 'omitted' },
        messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control }] }],
      },
      ignored,
    ),
  );
  expect(ignored.names).toEqual([
    ...['messages.content.cache_control', 'tools.cache_control', 'thinking.display', 'cache_control', 'unknown'],
  ]);
});
