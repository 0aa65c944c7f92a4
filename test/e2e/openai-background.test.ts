import { readFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { bearer } from '../support/key-server.js';
import { until } from '../support/until.js';

const MODELS = {
  'kjv/1/model.gguf': readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf')),
  'kjv/model.yaml': 'llama: { contextTokens: 512, slots: 2, threads: 1, maxOutputTokens: 400 }\n',
};
const NAMES = ['anne', 'ben', 'op'] as const;
type Name = (typeof NAMES)[number];
const keyOf = (name: Name) => `key-of-${name}-0123456789`;
const ROLES = { anne: 'caller', ben: 'caller', op: 'operator' } as const;
const REQUEST = { model: 'kjv', input: 'In the beginning', max_output_tokens: 8, temperature: 0 };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS, {
    auth: {
      keys: NAMES.map((name) => ({ name, key: keyOf(name), scopes: [] })),
      bindings: NAMES.map((name) => ({ principal: `key:${name}`, role: ROLES[name] })),
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const clientOf = (name: Name) =>
  new OpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: keyOf(name), maxRetries: 0 });
const anne = () => clientOf('anne').responses;

/** The response once it is no longer queued or in progress. */
async function finished(id: string): Promise<Response> {
  let response = await anne().retrieve(id);
  await until('the response has ended', async () => {
    response = await anne().retrieve(id);
    return response.status !== 'queued' && response.status !== 'in_progress';
  });
  return response;
}

const pause = (verb: 'pause' | 'resume') =>
  server.send(`POST /millrace/v1/job-queues/kjv/${verb}`, '', bearer(keyOf('op')));

async function whilePaused<Result>(work: () => Promise<Result>): Promise<Result> {
  await pause('pause');
  try {
    return await work();
  } finally {
    await pause('resume');
  }
}

async function read(events: AsyncIterable<ResponseStreamEvent>): Promise<readonly ResponseStreamEvent[]> {
  const all: ResponseStreamEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const typesOf = (events: readonly ResponseStreamEvent[]) => events.map(({ type }) => type);
const numbersOf = (events: readonly ResponseStreamEvent[]) => events.map((event) => event.sequence_number);
const textOf = (events: readonly ResponseStreamEvent[]) =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
const lastOf = (events: readonly ResponseStreamEvent[]) => events.at(-1) as { readonly response?: Response };

async function refusal(asked: PromiseLike<unknown>): Promise<string> {
  const error = await Promise.resolve(asked).catch((thrown: unknown) => thrown);
  return error instanceof OpenAI.APIError ? `${error.status} ${error.code}: ${error.message}` : 'none';
}

describe('a response of the background', () => {
  it('is queued, and is what it would have been at once when it has ended', async () => {
    const now = await anne().create(REQUEST);
    const queued = await whilePaused(async () => {
      const created = await anne().create({ ...REQUEST, background: true, metadata: { a: 'b' } });
      expect(created).toMatchObject({
        status: 'queued',
        background: true,
        store: true,
        output: [],
        metadata: { a: 'b' },
      });
      expect(await anne().retrieve(created.id)).toMatchObject({
        id: created.id,
        status: 'queued',
        metadata: { a: 'b' },
      });
      return created;
    });
    const ended = await finished(queued.id);
    expect(ended).toMatchObject({ id: queued.id, status: now.status, background: true });
    expect(ended.usage?.total_tokens).toBe(now.usage?.total_tokens);
    expect(ended.output_text).toBe(now.output_text);
  });

  it('is gone on from, once it has ended', async () => {
    const first = await anne().create({ ...REQUEST, background: true });
    const refused = await whilePaused(async () => {
      const waiting = await anne().create({ ...REQUEST, background: true });
      return refusal(anne().create({ ...REQUEST, previous_response_id: waiting.id }));
    });
    expect(refused).toBe(
      "400 null: 400 'previous_response_id': the response has not ended: wait until it is completed",
    );
    await finished(first.id);
    const second = await anne().create({ ...REQUEST, previous_response_id: first.id });
    expect(second.previous_response_id).toBe(first.id);
  });

  it('is cancelled, and stays so', async () => {
    const { id } = await whilePaused(async () => {
      const created = await anne().create({ ...REQUEST, background: true });
      expect((await anne().cancel(created.id)).status).toBe('cancelled');
      return created;
    });
    expect((await anne().cancel(id)).status).toBe('cancelled');
    expect((await anne().retrieve(id)).status).toBe('cancelled');
    const other = await anne().create({ ...REQUEST, background: true });
    const ended = await finished(other.id);
    expect(await anne().cancel(other.id)).toMatchObject({ status: ended.status });
  });

  it('is removed with its job', async () => {
    const { id } = await anne().create({ ...REQUEST, background: true });
    await finished(id);
    await anne().delete(id);
    expect(await refusal(anne().retrieve(id))).toBe(`404 response_not_found: 404 the response '${id}' is not found`);
    const open = await whilePaused(async () => {
      const created = await anne().create({ ...REQUEST, background: true });
      await anne().delete(created.id);
      return created;
    });
    expect(await refusal(anne().retrieve(open.id))).toContain('404 response_not_found');
  });

  it("is the owner's alone", async () => {
    const { id } = await anne().create({ ...REQUEST, background: true });
    await finished(id);
    const ben = clientOf('ben').responses;
    const asked = [ben.retrieve(id), ben.cancel(id), ben.delete(id), ben.retrieve(id, { stream: true })];
    // All at once: a rejection that nothing awaits yet would end the run.
    const refusals = await Promise.all(asked.map(refusal));
    expect(refusals).toEqual(Array(4).fill(`404 response_not_found: 404 the response '${id}' is not found`));
    expect((await anne().retrieve(id)).id).toBe(id);
  });

  it('is a job, with what its headers ask for', async () => {
    const headers = { 'x-millrace-job-keep': '1h' };
    const { id } = await anne().create({ ...REQUEST, background: true }, { headers });
    await finished(id);
    const job = await server.send(
      `GET /millrace/v1/jobs/${id.slice('resp_'.length)}/status`,
      '',
      bearer(keyOf('anne')),
    );
    const { ended_at: endedAt, removal_at: removalAt, ...rest } = JSON.parse(job.body.toString());
    expect(rest).toMatchObject({ dialect: 'openai', url: '/v1/responses', priority: 'normal', state: 'succeeded' });
    expect(Date.parse(removalAt) - Date.parse(endedAt)).toBe(3_600_000);
  });

  it.each([
    [{ store: false }, "400 null: 400 'store': expected true, as 'background' needs it"],
    [{ model: 'none' }, "404 model_not_found: 404 model 'none' is not found"],
    [{ max_output_tokens: 0 }, "400 null: 400 'max_output_tokens': expected an integer from 1 to"],
  ])('is refused before it is stored: %o', async (more, message) => {
    const refused = await refusal(anne().create({ ...REQUEST, background: true, ...more }));
    expect(refused.slice(0, message.length)).toBe(message);
  });
});

describe('a response that was answered at once', () => {
  it('cannot be cancelled', async () => {
    const { id } = await anne().create(REQUEST);
    expect(await refusal(anne().cancel(id))).toBe(
      `400 null: 400 the response '${id}' was not created with 'background': it cannot be cancelled`,
    );
    expect(await refusal(anne().cancel('resp_none'))).toContain('404 response_not_found');
  });
});

describe('a stream of a response of the background', () => {
  const streamed = { ...REQUEST, background: true, stream: true } as const;

  it('has its events while it is generated, and the whole at the end', async () => {
    const events = await read(await anne().create(streamed));
    const types = typesOf(events);
    expect(types.slice(0, 4)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
      'response.output_item.added',
    ]);
    expect(types.at(-1)).toMatch(/^response\.(completed|incomplete)$/);
    expect(numbersOf(events)).toEqual(events.map((_, index) => index));
    const last = lastOf(events).response;
    expect([last?.background, await anne().retrieve(last?.id ?? '')]).toEqual([
      true,
      expect.objectContaining({ id: last?.id, status: last?.status, output: last?.output }),
    ]);
    expect(last?.output[0]).toMatchObject({ content: [{ text: textOf(events) }] });
  });

  it('is gone on with behind the last event that a reader has seen', async () => {
    const stream = await anne().create({ ...streamed, max_output_tokens: 200 });
    const before: ResponseStreamEvent[] = [];
    for await (const event of stream) {
      before.push(event);
      // The reader loses the connection: the response goes on.
      if (before.length === 10) break;
    }
    const created = before[0];
    const id = created?.type === 'response.created' ? created.response.id : '';
    const after = numbersOf(before).at(-1) ?? 0;
    const rest = await read(await anne().retrieve(id, { stream: true, starting_after: after }));
    const all = [...before, ...rest];
    expect(numbersOf(all)).toEqual(all.map((_, index) => index));
    expect(lastOf(all).response?.output[0]).toMatchObject({ content: [{ text: textOf(all) }] });
    const again = await read(await anne().retrieve(id, { stream: true }));
    expect(again).toEqual(all);
    expect(typesOf(await read(await anne().retrieve(id, { stream: true, starting_after: 1_000_000 })))).toEqual([
      typesOf(all).at(-1),
    ]);
  });

  it('is made of the stored response where it was created without', async () => {
    const { id } = await anne().create({ ...REQUEST, background: true });
    const ended = await finished(id);
    const events = await read(await anne().retrieve(id, { stream: true }));
    expect(textOf(events)).toBe(ended.output_text);
    expect(lastOf(events).response).toMatchObject({ id, output: ended.output });
  });

  it('ends where the response is cancelled', async () => {
    const events = await whilePaused(async () => {
      const stream = await anne().create(streamed);
      const seen: ResponseStreamEvent[] = [];
      for await (const event of stream) {
        seen.push(event);
        if (event.type === 'response.queued') await anne().cancel(event.response.id);
      }
      return seen;
    });
    expect(typesOf(events).at(-1)).toBe('response.cancelled');
  });
});
