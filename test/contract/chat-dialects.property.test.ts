import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Prompt } from '../../src/core/index.js';
import { unpackConversation } from '../../src/generation/index.js';
import { decodeMessage } from '../../src/protocols/anthropic/decode-request.js';
import { MessageOutput } from '../../src/protocols/anthropic/message-output.js';
import { decodeChat } from '../../src/protocols/openai/decode-chat.js';
import { Fields } from '../../src/protocols/shared/generation/fields.js';

const TOOLS = ['send', 'hear'] as const;
const text = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
const input = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(text, fc.integer(), fc.boolean()), {
  maxKeys: 3,
});

/** A part of a conversation in no protocol's terms: what is said, or calls of tools with what they gave. */
const part = fc.oneof(
  fc.record({
    kind: fc.constant('said' as const),
    role: fc.constantFrom('user', 'assistant'),
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('called' as const),
    said: fc.option(text, { nil: '' }),
    thought: fc.option(text, { nil: undefined }),
    calls: fc.array(fc.record({ name: fc.constantFrom(...TOOLS), input, result: text, isError: fc.boolean() }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
);

/** The choice of tools, by the words of each protocol. */
const CHOICES = [
  [undefined, undefined],
  [{ type: 'auto' }, 'auto'],
  [{ type: 'any' }, 'required'],
  [{ type: 'none' }, 'none'],
  [
    { type: 'tool', name: 'send' },
    { type: 'function', function: { name: 'send' } },
  ],
] as const;

const request = fc.record({
  parts: fc.array(part, { maxLength: 4 }),
  system: fc.option(text, { nil: undefined }),
  choice: fc.constantFrom(...CHOICES),
  isSingle: fc.option(fc.boolean(), { nil: undefined }),
  effort: fc.option(fc.constantFrom('low', 'medium', 'high', 'xhigh'), { nil: undefined }),
  sampling: fc.record(
    {
      temperature: fc.double({ min: 0, max: 1, noNaN: true }),
      top_p: fc.double({ min: 0, max: 1, noNaN: true }),
      top_k: fc.nat(99),
    },
    { requiredKeys: [] },
  ),
  stops: fc.uniqueArray(text, { maxLength: 3 }),
  schema: fc.option(fc.constant({ type: 'object' }), { nil: undefined }),
});

type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

function asAnthropic({ parts, system, choice, isSingle, effort, sampling, stops, schema }: Request): object {
  const messages = parts.flatMap((each, at): readonly object[] => {
    if (each.kind === 'said') {
      return [{ role: each.role, content: each.texts.map((one) => ({ type: 'text', text: one })) }];
    }
    const id = (index: number) => `toolu_${at}_${index}`;
    return [
      {
        role: 'assistant',
        content: [
          ...(each.thought === undefined ? [] : [{ type: 'thinking', thinking: each.thought, signature: 's' }]),
          ...(each.said === '' ? [] : [{ type: 'text', text: each.said }]),
          ...each.calls.map((call, index) => ({ type: 'tool_use', id: id(index), name: call.name, input: call.input })),
        ],
      },
      {
        role: 'user',
        content: each.calls.map(({ result, isError }, index) => ({
          type: 'tool_result',
          tool_use_id: id(index),
          content: result,
          is_error: isError,
        })),
      },
    ];
  });
  return {
    model: 'm',
    max_tokens: 9,
    ...sampling,
    stop_sequences: stops,
    ...(system === undefined ? {} : { system }),
    messages: [...messages, { role: 'user', content: 'Who?' }],
    tools: TOOLS.map((name) => ({ name, input_schema: { type: 'object' } })),
    ...(choice[0] === undefined ? {} : { tool_choice: { ...choice[0], disable_parallel_tool_use: isSingle } }),
    output_config: { effort, ...(schema === undefined ? {} : { format: { type: 'json_schema', schema } }) },
  };
}

function asOpenAi({ parts, system, choice, isSingle, effort, sampling, stops, schema }: Request): object {
  const messages = parts.flatMap((each, at): readonly object[] => {
    if (each.kind === 'said') {
      return [{ role: each.role, content: each.texts.map((one) => ({ type: 'text', text: one })) }];
    }
    const id = (index: number) => `toolu_${at}_${index}`;
    const calls = each.calls.map((call, index) => ({
      id: id(index),
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.input) },
    }));
    const { said: content, thought } = each;
    return [
      {
        role: 'assistant',
        content,
        tool_calls: calls,
        ...(thought === undefined ? {} : { reasoning_content: thought }),
      },
      ...each.calls.map(({ result, isError }, index) => ({
        role: 'tool',
        tool_call_id: id(index),
        content: isError ? `Error: ${result}` : result,
      })),
    ];
  });
  const json = { name: 'a', schema, strict: true };
  return {
    model: 'm',
    max_tokens: 9,
    ...sampling,
    stop: stops,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...messages,
      { role: 'user', content: 'Who?' },
    ],
    tools: TOOLS.map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })),
    ...(choice[1] === undefined ? {} : { tool_choice: choice[1] }),
    ...(choice[0] === undefined || isSingle === undefined ? {} : { parallel_tool_calls: !isSingle }),
    reasoning_effort: effort,
    ...(schema === undefined ? {} : { response_format: { type: 'json_schema', json_schema: json } }),
  };
}

const fieldsOf = (body: object) => Fields.of(JSON.parse(JSON.stringify(body)));
const conversationOf = ([prompt]: readonly Prompt[]) => {
  if (prompt?.kind !== 'conversation') throw new Error('expected a conversation');
  return unpackConversation(prompt.conversation);
};

it('a conversation is the same request in both chat dialects', () => {
  fc.assert(
    fc.property(request, (asked) => {
      const anthropic = decodeMessage(fieldsOf(asAnthropic(asked)));
      const openai = decodeChat(fieldsOf(asOpenAi(asked)));
      expect(conversationOf(anthropic.prompts)).toEqual(conversationOf(openai.prompts));
      expect(anthropic.parameters).toEqual(openai.parameters);
    }),
  );
});

it('an answer that is sent back as a turn is the turn that the model has written', () => {
  const answer = fc.record({
    thought: fc.option(text, { nil: '' }),
    said: fc.option(text, { nil: '' }),
    calls: fc.array(fc.record({ name: fc.constantFrom(...TOOLS), input }), { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(answer, ({ thought, said, calls }) => {
      const output = new MessageOutput();
      const toolCalls = calls.map((call, index) => ({
        index,
        id: `call_${index}`,
        name: call.name,
        arguments: JSON.stringify(call.input),
      }));
      for (const _ of [...output.add({ text: said, reasoning: thought, toolCalls }), ...output.end()]);
      const results = calls.map((_, index) => ({ type: 'tool_result', tool_use_id: `toolu_${index}`, content: 'r' }));
      const messages = [
        { role: 'assistant', content: output.content },
        { role: 'user', content: results },
      ];
      const [turn] = conversationOf(decodeMessage(fieldsOf({ model: 'm', max_tokens: 1, messages })).prompts).messages;
      expect(turn).toEqual({
        role: 'assistant',
        content: said,
        ...(thought === '' ? {} : { reasoning_content: thought }),
        tool_calls: calls.map((call, index) => ({
          id: `toolu_${index}`,
          type: 'function',
          function: { name: call.name, arguments: call.input },
        })),
      });
    }),
  );
});
