import { describe, expect, it } from 'vitest';
import { bytesElements, type Prompt, packBytes, type Tensor } from '../core/index.js';
import { packConversation, unpackConversation } from './conversation.js';
import { conversationPrompt, textPrompt, tokensPrompt } from './prompts.js';
import {
  generationSignature,
  parametersOfDelta,
  promptOfTensors,
  tensorsOfDelta,
  tensorsOfPrompt,
} from './tensor-form.js';

const CONVERSATION = { messages: [{ role: 'user', content: 'Grüße' }], reasoning_effort: 'low', custom: [1] } as const;
const bytes = (name: string, text: string): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [1],
  data: packBytes([Buffer.from(text)]),
});
const plain = (prompt: Prompt) =>
  Object.fromEntries(Object.entries(prompt).map(([name, value]) => [name, Array.from(value)]));

describe('a prompt', () => {
  it.each([
    ['text_input', textPrompt('In the beginning')],
    ['token_ids', tokensPrompt([1, 2, 3])],
    ['chat_input', conversationPrompt(CONVERSATION)],
  ])('is the input %s, and read back from it', (name, prompt) => {
    const tensors = tensorsOfPrompt(prompt);
    expect(tensors.map((tensor) => tensor.name)).toEqual([name]);
    expect(plain(promptOfTensors(tensors))).toEqual(plain(prompt));
  });

  it.each([
    [[], 'none'],
    [[bytes('text_input', 'a'), bytes('chat_input', '{}')], "'text_input' and 'chat_input'"],
  ])('is one input: not %j', (inputs, got) => {
    expect(() => promptOfTensors(inputs)).toThrow(
      `expected one of the inputs 'text_input', 'token_ids' and 'chat_input', got ${got}`,
    );
  });

  it('of a conversation is packed as it is', () => {
    expect(unpackConversation(packConversation(CONVERSATION))).toEqual(CONVERSATION);
  });

  it('is UTF-8', () => {
    expect(() => unpackConversation(Uint8Array.of(0xff))).toThrow("input 'chat_input' is not UTF-8 text");
  });
});

it('conversations are an input of models that take them', () => {
  const names = (chat: boolean) => generationSignature({ chat }).inputs.map(({ name }) => name);
  expect([names(true), names(false)]).toEqual([
    ['text_input', 'token_ids', 'chat_input'],
    ['text_input', 'token_ids'],
  ]);
});

describe('a delta', () => {
  it('is the output text_output', () => {
    const [output] = tensorsOfDelta({ text: 'é' });
    expect(output).toMatchObject({ name: 'text_output', datatype: 'BYTES', shape: [1] });
    expect(bytesElements(output?.data ?? new Uint8Array(0)).map((each) => Buffer.from(each).toString())).toEqual(['é']);
  });

  it('has the rest in parameters, in the form of OpenAI', () => {
    const token = { token: 'a', id: 5, logprob: -1, bytes: [97] };
    const parameters = parametersOfDelta({
      text: '',
      reasoning: 'hm',
      toolCalls: [
        { index: 0, id: 'call_1', name: 'f', arguments: '' },
        { index: 0, arguments: '{' },
      ],
      logprobs: [{ ...token, topLogprobs: [token] }],
      tokenIds: [5],
      promptTokenIds: [1, 2],
    });
    expect(JSON.stringify(parameters)).toBe(
      JSON.stringify({
        logprobs: [{ ...token, top_logprobs: [token] }],
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } },
          { index: 0, function: { arguments: '{' } },
        ],
        reasoning: ['hm'],
        token_ids: [5],
        prompt_token_ids: [1, 2],
      }),
    );
    expect(parametersOfDelta({ text: 'a' })).toEqual({});
  });
});
