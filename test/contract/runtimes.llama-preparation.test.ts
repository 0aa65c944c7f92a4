import { describe, expect, test } from 'vitest';
import type { GenerationParameters } from '../../src/core/index.js';
import { conversationPrompt } from '../../src/generation/index.js';
import type { BatchItem, Emission, Instance } from '../../src/runtimes/index.js';
import { bySchema, GREEDY, PROMPT, textItem, useLlamaHost } from '../support/llama-model.js';
import { runBatch } from '../support/test-host.js';
import { until } from '../support/until.js';

const { load } = useLlamaHost();

/** One message of the role `loop` never comes to an end. */
const TEMPLATE = `{% if messages[0].role == 'loop' %}{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}{% endif -%}
{% for message in messages %}{{ message.role }} said, {{ message.content }}
{% endfor %}{% if add_generation_prompt %}And he said,{% endif %}`;

interface Said {
  readonly role: string;
  readonly content: string;
}

const chatItem = (
  callId: number,
  messages: readonly Said[],
  parameters: GenerationParameters,
  principal: string,
): BatchItem => ({
  ...textItem(callId, '', parameters, principal),
  generation: { ...parameters, prompt: conversationPrompt({ messages }) },
});

const run = async (instance: Instance, item: BatchItem): Promise<Emission | undefined> => {
  const running = runBatch(instance, [item], { id: item.callId });
  instance.grant(item.callId, 1_000);
  return (await running).emissions.at(-1);
};

const TWO_TOKENS = { ...GREEDY, maxTokens: 2 };

describe('making prompts', () => {
  test('takes work by the room for them, not by the turns that a caller sends, and others go on meanwhile', async () => {
    const instance = await load({ chatTemplate: TEMPLATE });
    const turns = Array.from({ length: 20_001 }, (_, at) => ({ role: 'user', content: `and turn ${at}` }));
    const long = run(instance, chatItem(1, turns, { ...TWO_TOKENS, dropOldestTurns: true }, 'one'));
    const short = await run(instance, textItem(2, PROMPT, TWO_TOKENS, 'two'));
    expect(short?.usage).toMatchObject({ promptTokens: 22, completionTokens: 2 });
    const { usage } = (await long) ?? {};
    expect(usage?.completionTokens).toBe(2);
    // Of 256 tokens, what one turn more would take may be left.
    expect(usage?.promptTokens).toBeGreaterThan(220);
    await until('its numbers are read', () => (instance.statistics?.().rendered_messages_total ?? 0) > 0);
    const { rendered_messages_total: messages, tokenized_bytes_total: bytes } = instance.statistics?.() ?? {};
    expect(messages).toBeLessThan(100);
    expect(bytes).toBeLessThan(4_000);
  });

  test('goes on where the template never ends with a conversation, which is refused', async () => {
    const instance = await load({ chatTemplate: TEMPLATE });
    const ended: number[] = [];
    const endless = run(instance, chatItem(1, [{ role: 'loop', content: 'x' }], TWO_TOKENS, 'one'));
    void endless.then(() => ended.push(1));
    const other = await run(instance, chatItem(3, [{ role: 'Moses', content: 'I am' }], TWO_TOKENS, 'two'));
    expect(other?.usage?.completionTokens).toBe(2);
    expect(ended).toEqual([]);
    expect((await endless)?.error).toMatchObject({
      code: 'invalid_argument',
      message: 'the chat template of the model does not take these messages: it takes longer than 2000 ms',
    });
  });

  test('is refused before anything is done where a text is longer than is read', async () => {
    const instance = await load();
    const refused = await run(instance, textItem(1, 'a'.repeat(262_145), { maxTokens: 0 }));
    expect(refused?.error).toEqual({
      code: 'invalid_argument',
      reason: 'context_length_exceeded',
      message: 'the prompt has 262145 bytes; at most 262144 are tokenised',
    });
    await run(instance, textItem(2, PROMPT, { maxTokens: 0 }));
    await until('its numbers are read', () => instance.statistics?.().tokenized_bytes_total === PROMPT.length);
  });
});

describe('choosing by a schema', () => {
  test('of 900 alternatives that begin alike does not hold up others', async () => {
    const instance = await load({ slots: 2 });
    const anyOf = Array.from({ length: 900 }, (_, at) => ({ const: `and he said unto them ${at}` }));
    const ambiguous = run(instance, textItem(1, PROMPT, { ...bySchema({ anyOf }), maxTokens: 8 }, 'one'));
    const other = await run(instance, textItem(2, PROMPT, TWO_TOKENS, 'two'));
    expect(other?.usage?.completionTokens).toBe(2);
    expect((await ambiguous)?.usage?.completionTokens).toBe(8);
  });
});
