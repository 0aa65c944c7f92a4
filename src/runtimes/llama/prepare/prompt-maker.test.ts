import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prompt } from '../../../core/index.js';
import { type Conversation, conversationPrompt, textPrompt } from '../../../generation/index.js';
import { formatOf } from '../answer/answer-format.js';
import type { PromptOptions } from './job.js';
import { PromptMaker } from './prompt-maker.js';

interface Message {
  readonly role: string;
  readonly content: string;
}

const OPTIONS: PromptOptions = {
  maxTokens: 16,
  echo: false,
  returnTokenIds: false,
  addSpecial: true,
  parseSpecial: true,
  toolChoice: undefined,
  parallelToolCalls: undefined,
  promptLogprobs: undefined,
  suffix: undefined,
  truncatePromptTokens: undefined,
  dropsTurns: false,
  responseFormat: undefined,
};
const CONTEXT_TOKENS = 256;

/** What a template writes around a message. */
const write = ({ messages }: Conversation) => messages.map(({ role, content }) => `<${role}>${content}\n`).join('');

/** Tokens are bytes; of `longestPieceBytes` the model knows nothing that long. */
function setUp({ contextTokens = CONTEXT_TOKENS, render = write, longestPieceBytes = 8 } = {}) {
  const rendered: number[] = [];
  const tokenized: string[] = [];
  const maker = new PromptMaker({
    limits: { contextTokens, longestPieceBytes },
    vocabulary: {
      size: 256,
      infillTokens: undefined,
      tokenize: (text) => {
        tokenized.push(text);
        return Int32Array.from(Buffer.from(text));
      },
      detokenize: (tokens) => Buffer.from(tokens).toString(),
    },
    template: {
      format: formatOf(''),
      beginsText: () => true,
      render: (conversation) => {
        rendered.push(conversation.messages.length);
        return render(conversation);
      },
    },
  });
  const chat = (messages: readonly Message[], options: Partial<PromptOptions> = {}) =>
    maker.make({ prompt: conversationPrompt({ messages }), options: { ...OPTIONS, ...options } });
  const text = (said: string, options: Partial<PromptOptions> = {}) =>
    maker.make({ prompt: textPrompt(said), options: { ...OPTIONS, ...options } });
  return { maker, rendered, tokenized, chat, text };
}

const textOf = ({ tokens }: { readonly tokens: Int32Array }) => Buffer.from(tokens).toString();
const user = (content: string): Message => ({ role: 'user', content });

describe('a conversation whose oldest turns may go', () => {
  const message = fc.record({
    role: fc.constantFrom('user', 'user', 'assistant', 'system', 'tool'),
    content: fc.string({ maxLength: 60 }),
  });

  it('keeps as many of its newest turns as there is room for, as if all ways had been tried', () => {
    const property = fc.property(fc.array(message, { minLength: 1, maxLength: 60 }), (messages) => {
      const { chat } = setUp();
      const first = Math.max(
        0,
        messages.findIndex(({ role }) => role !== 'system'),
      );
      const starts = messages.flatMap(({ role }, at) => (at === first || (at > first && role === 'user') ? [at] : []));
      const ways = starts.map((start) => write({ messages: [...messages.slice(0, first), ...messages.slice(start)] }));
      const fitting = ways.find((way) => Buffer.byteLength(way) <= CONTEXT_TOKENS - 16);
      if (fitting !== undefined) expect(textOf(chat(messages, { dropsTurns: true }))).toBe(fitting);
      else if (Buffer.byteLength(ways.at(-1) ?? '') >= CONTEXT_TOKENS) {
        expect(() => chat(messages, { dropsTurns: true })).toThrow('the prompt is too long');
      }
    });
    fc.assert(property);
  });

  it('is counted once a message, and written a few times only, of 20,001 turns', () => {
    const { maker, chat, rendered, tokenized } = setUp();
    const turns = Array.from({ length: 20_001 }, (_, at) => user(`turn ${at}`));
    const prompt = chat(turns, { dropsTurns: true });
    // 17 bytes each, and room for 240.
    expect(textOf(prompt)).toBe(write({ messages: turns.slice(-14) }));
    const counted = tokenized.filter((text) => text.startsWith('turn'));
    expect(new Set(counted).size).toBe(counted.length);
    expect(counted.length).toBeLessThanOrEqual(16);
    expect(rendered).toEqual([1, 2, 14, 15]);
    expect(maker.takeWork()).toEqual({
      messages: 32,
      bytes: tokenized.reduce((sum, text) => sum + text.length, 0),
    });
  });

  it('is not counted where one message of it cannot fit', () => {
    const { chat, tokenized } = setUp();
    const prompt = chat([user('x'.repeat(100_000)), user('short')], { dropsTurns: true });
    expect(textOf(prompt)).toBe('<user>short\n');
    expect(Math.max(...tokenized.map(({ length }) => length))).toBeLessThan(20);
  });

  it('is written by a template that leaves out what it was sent, too', () => {
    const render = (conversation: Conversation) => write(conversation).replaceAll(/thought.*?;/g, '');
    const { chat } = setUp({ render });
    const turns = Array.from({ length: 20 }, (_, at) => user(`thought ${'x'.repeat(40)};${at}`));
    expect(textOf(chat(turns, { dropsTurns: true }))).toBe(render({ messages: turns }));
    const more = Array.from({ length: 40 }, (_, at) => user(`thought ${'x'.repeat(4)};${at}`));
    // 9 bytes each.
    expect(textOf(chat(more, { dropsTurns: true }))).toBe(render({ messages: more.slice(-26) }));
  });
});

describe('a prompt that is too long', () => {
  const refusal = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return { ...(error as { code: string; reason: string }), message: (error as Error).message };
    }
  };
  const tokens = (count: number): Prompt => ({ kind: 'tokens', tokens: new Int32Array(count) });

  it('is not rendered where it has more messages than the context has tokens', () => {
    const { chat, rendered } = setUp();
    expect(refusal(() => chat(Array(100_000).fill(user(''))))).toMatchObject({
      code: 'invalid_argument',
      reason: 'context_length_exceeded',
      message:
        "the prompt is too long: it has at least 100000 tokens; the model's context of 256 tokens has room for 255 and an answer",
    });
    expect(rendered).toEqual([]);
  });

  it.each<[string, Partial<PromptOptions>, number, number]>([
    ['is only read', { maxTokens: 0 }, 256, 262_144],
    ['is only read, for a model with more room', { maxTokens: 0 }, 32_768, 524_288],
    ['is told in tokens', { maxTokens: 0, returnTokenIds: true }, 32_768, 262_144],
    ['may be cut', { truncatePromptTokens: 10 }, 256, 262_144],
  ])('is not tokenised where it %s', (_, options, contextTokens, most) => {
    const { text, tokenized } = setUp({ contextTokens });
    expect(refusal(() => text('x'.repeat(most + 1), options))).toMatchObject({
      code: 'invalid_argument',
      reason: 'context_length_exceeded',
      message: `the prompt has ${most + 1} bytes; at most ${most} are tokenised`,
    });
    expect(tokenized).toEqual([]);
  });

  it('is tokenised in parts until they have too many tokens', () => {
    const { text, tokenized } = setUp({ contextTokens: 40_000 });
    expect(refusal(() => text('x'.repeat(300_000)))).toMatchObject({
      message:
        "the prompt is too long: it has at least 65520 tokens; the model's context of 40000 tokens has room for 39999 and an answer",
    });
    expect(tokenized.map(({ length }) => length)).toEqual([32_768, 32_768]);
    expect(refusal(() => text('x'.repeat(200_000), { truncatePromptTokens: 5 }))).toMatchObject({
      message: 'the prompt has at least 98280 tokens; at most 65536 are converted',
    });
  });

  it('is refused where it has more tokens than an answer may contain', () => {
    const { maker, text } = setUp();
    const message = 'the prompt has 65537 tokens; at most 65536 are converted';
    const options = { maxTokens: 0, returnTokenIds: true };
    expect(refusal(() => text('x'.repeat(65_537), options))).toMatchObject({ code: 'invalid_argument', message });
    expect(text('x'.repeat(65_536), options).tokens).toHaveLength(65_536);
    const back = { ...OPTIONS, maxTokens: 0, echo: true };
    expect(refusal(() => maker.make({ prompt: tokens(65_537), options: back }))).toMatchObject({ message });
    expect(maker.make({ prompt: tokens(65_536), options: back }).text).toHaveLength(65_536);
  });
});

describe('the text of a conversation', () => {
  /** Half a character is another one where tokens are made text. */
  const textFor = (options: Partial<PromptOptions>) =>
    setUp({ render: () => 'a\ud800' }).chat([user('hello')], options).text;

  it('is what the template has written, where nothing is generated', () => {
    expect(textFor({ echo: true, maxTokens: 0 })).toBe('a\ud800');
  });

  it('is that of its tokens, where an answer follows', () => {
    expect(textFor({ echo: true })).toBe('a\ufffd');
  });

  it('is told only where it is asked for', () => {
    expect(textFor({ maxTokens: 0 })).toBe('');
  });

  it('is that of the tokens that are left, where it is cut', () => {
    expect(textFor({ echo: true, maxTokens: 0, truncatePromptTokens: 3 })).toBe('\ufffd');
  });
});

describe('the form of an answer', () => {
  const responseFormat = { type: 'choice', choices: ['yes', 'no'] } as const;

  it('is a grammar beside the prompt', () => {
    const { chat, text } = setUp();
    expect(text('Is it?', { responseFormat }).grammar).toMatch(/root ::= r\d+\n$/);
    expect(chat([user('Is it?')], { responseFormat }).grammar).toContain('"yes" | "no"');
  });

  it('is left out where none is asked for, or nothing is generated', () => {
    const { text } = setUp();
    expect(text('Is it?').grammar).toBeUndefined();
    expect(text('Is it?', { responseFormat, maxTokens: 0 }).grammar).toBeUndefined();
  });

  it('is refused where it cannot be promised', () => {
    const grammar = { type: 'grammar', grammar: `root ::= ${'('.repeat(6_000)}` } as const;
    expect(() => setUp().text('Is it?', { responseFormat: grammar })).toThrow(
      expect.objectContaining({ code: 'invalid_argument', reason: 'invalid_grammar' }),
    );
  });
});

describe('the template of a conversation', () => {
  const templateOf = (before: string, open: string) => ({
    format: formatOf(open),
    beginsText: () => true,
    render: ({ messages }: Conversation) => `${before}${messages.map(({ content }) => content).join('')}${open}`,
  });
  const vocabulary = {
    size: 256,
    infillTokens: undefined,
    tokenize: (said: string) => Int32Array.from(Buffer.from(said)),
    detokenize: (said: Int32Array) => Buffer.from(said).toString(),
  };
  const tools = [{ type: 'function', function: { name: 'send', parameters: { type: 'object' } } }] as const;
  const limits = { contextTokens: CONTEXT_TOKENS, longestPieceBytes: 8 };

  it.each([
    ['is the usual one without tools', {}, undefined, 'usual: hello', false],
    ['is the one for tools, where they are offered', { tools }, undefined, 'tools: hello<think>', true],
    ['is the usual one, where none of them may be called', { tools }, 'none', 'usual: hello', false],
  ] as const)('%s', (_, more, toolChoice, expected, isThinking) => {
    const toolTemplate = templateOf('tools: ', '<think>');
    const maker = new PromptMaker({ limits, vocabulary, template: templateOf('usual: ', ''), toolTemplate });
    const prompt = conversationPrompt({ messages: [user('hello')], ...more });
    const made = maker.make({ prompt, options: { ...OPTIONS, toolChoice } });
    expect([textOf(made), made.conversation?.isThinking]).toEqual([expected, isThinking]);
  });

  it('that is none is refused where it would be used', () => {
    const template = templateOf('usual: ', '');
    const maker = new PromptMaker({ limits, vocabulary, template, toolTemplate: 'line 1: no end' });
    const make = (more: object) =>
      maker.make({ prompt: conversationPrompt({ messages: [user('hello')], ...more }), options: OPTIONS });
    expect(textOf(make({}))).toBe('usual: hello');
    expect(() => make({ tools })).toThrow(
      'the chat template of the model does not take these messages: line 1: no end',
    );
  });
});
