import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import { serviceOf } from '../../../test/support/service-of.js';
import { Call, MillraceError, type Prompt, systemClock } from '../../core/index.js';
import { type Conversation, unpackConversation } from '../../generation/index.js';
import { Decoder } from '../shared/decoding/decoder.js';
import { PrincipalStore } from '../shared/principal-store.js';
import type { ChatRequest } from './decode-chat.js';
import type { TextKind } from './decode-text.js';
import { readRequest } from './read-request.js';
import { packStored } from './stored-response.js';

const KINDS = [
  ...['chat', 'response', 'inputTokens', 'completion', 'tokenize', 'detokenize', 'template'],
  ...['embedding', 'pooling', 'score', 'classify'],
] as readonly TextKind[];
const MESSAGES = Array(100_001).fill({ role: 'user', content: 'a' });
const MAX_TEXT_BYTES = 4_194_304;

function conversationOf([prompt]: readonly Prompt[]): Conversation {
  return unpackConversation(prompt?.kind === 'conversation' ? prompt.conversation : new Uint8Array());
}

let decoder: RecordingDecoder;
afterEach(() => decoder.close());

/** Notes what is decoded in the thread. */
class RecordingDecoder extends Decoder {
  readonly ran: string[] = [];

  override decode: Decoder['decode'] = (call, what, job) => {
    this.ran.push(what.name);
    return super.decode(call, what, job);
  };
}

function start({ refusal }: { readonly refusal?: MillraceError } = {}) {
  decoder = new RecordingDecoder(systemClock);
  const { ran } = decoder;
  const checked: string[] = [];
  const service = serviceOf({
    readyModels: () => [],
    mayInfer: () => true,
    ready: () => true,
    checkTarget: (_, { name }) => {
      checked.push(name);
      if (refusal !== undefined) throw refusal;
    },
  });
  const clock = new FakeClock();
  const store = new PrincipalStore({ maxEntries: 9, maxBytes: 1e8, maxAgeMs: 1_000 }, clock);
  const call = new Call({
    requestId: 'r',
    principal: principalWith('p', 'caller'),
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const context = {
    decoder,
    service,
    store,
    defaultModel: '',
    maxTextBytes: MAX_TEXT_BYTES,
    unknownParameters: 'warn',
  } as const;
  const read = (kind: TextKind, body: object | string, model?: string) =>
    readRequest(context, call, {
      kind,
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      ...(model !== undefined && { model }),
    });
  return { read, ran, checked, store, call };
}

describe('a caller who may not infer the model', () => {
  const DENIED = new MillraceError('permission_denied', 'no');

  it.each(KINDS)('costs no more than a look for its name: %s', async (kind) => {
    const { read, ran, checked } = start({ refusal: DENIED });
    await expect(read(kind, { messages: MESSAGES, model: 'm' })).rejects.toBe(DENIED);
    expect([ran, checked]).toEqual([['head'], ['m']]);
    await expect(read(kind, { messages: [5], input: [5], prompt: {}, model: 'm' })).rejects.toBe(DENIED);
    await expect(read(kind, { input: MESSAGES }, 'given')).rejects.toBe(DENIED);
    expect([ran, checked]).toEqual([['head'], ['m', 'm', 'given']]);
  });

  it('is told that there is no such model where it is hidden, whatever else is wrong', async () => {
    const { read } = start({ refusal: new MillraceError('not_found', 'absent') });
    for (const body of [{ messages: 5 }, { messages: MESSAGES }]) {
      await expect(read('chat', { ...body, model: 'm' })).rejects.toMatchObject({
        message: "model 'm' is not found",
        subject: { parameter: 'model' },
        reason: 'model_not_found',
      });
    }
  });
});

describe('a large body', () => {
  it('is read in the decoding thread, and the conversation comes from there as bytes', async () => {
    const { read, ran } = start();
    const content = 'é'.repeat(100_000);
    const { prompts, model } = (await read('chat', {
      messages: [{ role: 'user', content }],
      model: 'm',
    })) as ChatRequest;
    expect([model, ran]).toEqual(['m', ['head', 'text']]);
    expect(conversationOf(prompts)).toEqual({ messages: [{ role: 'user', content }] });
  });

  it('is refused with the place of what is wrong, as a small one is', async () => {
    const { read } = start();
    const filler = { user: 'a'.repeat(200_000) };
    for (const more of [{}, filler]) {
      await expect(read('chat', { model: 'm', messages: [{ role: 'x' }], ...more })).rejects.toMatchObject({
        subject: { parameter: 'messages[0].role' },
        code: 'invalid_argument',
      });
      await expect(
        read('chat', { model: 'm', messages: [{ role: 'user', content: 'a' }], audio: {}, ...more }),
      ).rejects.toMatchObject({ subject: { parameter: 'audio' }, code: 'unimplemented' });
    }
  });

  it.each([
    ['chat', 'messages', 'messages'],
    ['response', 'input', 'items'],
    ['inputTokens', 'input', 'items'],
  ] as const)('may have so many messages or items only: %s', async (kind, param, elements) => {
    const { read } = start();
    await expect(read(kind, { [param]: MESSAGES, model: 'm' })).rejects.toMatchObject({
      subject: { parameter: param },
      message: `'${param}': expected at most 4096 ${elements}, got 100001`,
    });
  });

  it.each(KINDS)('may have so much text only: %s', async (kind) => {
    const { read, ran, checked } = start();
    const body = { model: 'm', prompt: 'a'.repeat(MAX_TEXT_BYTES) };
    const tooLarge = {
      name: 'ContentError',
      status: 413,
      message: 'the body has more than 4194304 bytes of text (openai.maxTextBytes)',
    };
    await expect(read(kind, body)).rejects.toMatchObject(tooLarge);
    await expect(read(kind, body, 'given')).rejects.toMatchObject(tooLarge);
    expect([ran, checked]).toEqual([['head', 'head'], []]);
  });
});

describe('a request that goes on from a response', () => {
  const REQUEST = { model: 'm', input: 'b', previous_response_id: 'resp_1' };
  const said = (role: string, text: string) => ({ type: 'message', role, content: [{ type: 'input_text', text }] });

  it('is read in the thread where what was said is much', async () => {
    const { read, ran, store, call } = start();
    const text = 'a'.repeat(200_000);
    const history = Buffer.from(JSON.stringify([said('user', text)]));
    store.put(call, 'resp_1', packStored({ output: [said('assistant', 'c')] }, history));
    const { prompts, history: all } = await read('response', REQUEST).then(
      (request) => request as Extract<typeof request, { history: unknown }>,
    );
    expect(ran).toEqual(['text']);
    expect(conversationOf(prompts).messages).toEqual([
      { role: 'user', content: text },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'b' },
    ]);
    expect(JSON.parse(Buffer.from(all).toString()).slice(0, 2)).toEqual([said('user', text), said('assistant', 'c')]);
  });

  it('is refused where the whole is too long, or too large', async () => {
    const { read, store, call } = start();
    const put = (items: readonly object[]) =>
      store.put(call, 'resp_1', packStored({ output: [] }, Buffer.from(JSON.stringify(items))));
    put(Array(4_096).fill(said('user', 'a')));
    await expect(read('response', REQUEST)).rejects.toMatchObject({
      subject: { parameter: 'input' },
      message: "'input': expected at most 4096 items with those up to 'previous_response_id', got 4097",
    });
    put([said('user', 'a'.repeat(MAX_TEXT_BYTES))]);
    await expect(read('inputTokens', REQUEST)).rejects.toMatchObject({
      subject: { parameter: 'previous_response_id' },
      message: expect.stringMatching(
        /^'previous_response_id': expected a conversation of at most 4194304 bytes \(openai\.maxTextBytes\), got \d+$/,
      ),
    });
  });
});
