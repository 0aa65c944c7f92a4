import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { CHAT, floats, GREEDY, MODELS } from '../support/dialect-requests.js';
import {
  type Ask,
  asking,
  type BatchLine,
  BEN,
  createBatch,
  endOf,
  form,
  type Json,
  KEYS,
  linesOf,
} from '../support/openai-files.js';
import { inFolder, textModelFiles } from '../support/text-model.js';

const INFER = '/v2/models/floats/infer';
const tensor = (id: string, body: object = floats(2)): BatchLine => ({ custom_id: id, url: INFER, body });
const ALL = { ...MODELS, ...inFolder('letters', textModelFiles({})) };

let server: AppServer;
let ask: Ask;
beforeAll(async () => {
  server = await startAppServer(ALL, { auth: { keys: KEYS }, kserve: { enabled: true } });
  ask = asking(server.port);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a batch', () => {
  it('is answered line by line, in the order of its requests', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => tensor(`line-${index}`, floats((index % 5) + 1)));
    const created = await createBatch(ask, lines, { metadata: { project: 'risk' } });
    expect(created.json).toMatchObject({
      id: expect.stringMatching(/^batch_[0-9a-f]{32}$/),
      object: 'batch',
      endpoint: INFER,
      completion_window: '24h',
      errors: null,
      status_details: null,
      expires_at: created.json.created_at + 86_400,
      metadata: { project: 'risk' },
    });
    const batch = await endOf(ask, created.json.id);
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 100, completed: 100, failed: 0 },
      error_file_id: null,
      in_progress_at: expect.any(Number),
      finalizing_at: expect.any(Number),
      completed_at: expect.any(Number),
      cancelled_at: null,
    });
    const output = await linesOf(ask, batch.output_file_id);
    expect(output.map(({ custom_id: id }) => id)).toEqual(lines.map(({ custom_id: id }) => id));
    expect(output[2]).toEqual({
      id: expect.stringMatching(/^batch_req_[0-9a-f]{32}$/),
      custom_id: 'line-2',
      response: {
        status_code: 200,
        request_id: output[2].id,
        body: {
          model_name: 'floats',
          model_version: '1',
          outputs: [{ name: 'y', datatype: 'FP32', shape: [3], data: [0.5, 0.5, 0.5] }],
        },
      },
      error: null,
    });
    expect((await ask(`files/${batch.output_file_id}`)).json).toMatchObject({
      purpose: 'batch_output',
      filename: `${batch.id}_output.jsonl`,
    });
  });

  it.each([
    ['chats', '/v1/chat/completions', CHAT, 'chat.completion'],
    ['completions', '/v1/completions', { ...GREEDY, prompt: 'And' }, 'text_completion'],
    ['responses', '/v1/responses', { model: 'kjv', input: 'And', max_output_tokens: 4, temperature: 0 }, 'response'],
    ['embeddings', '/v1/embeddings', { model: 'letters', input: 'ab' }, 'list'],
  ])('may be one of %s, and sums up their usage', async (_what, url, body, object) => {
    const lines = ['a', 'b'].map((id) => ({ custom_id: id, url, body }));
    const batch = await endOf(ask, (await createBatch(ask, lines)).json.id);
    expect(batch.status).toBe('completed');
    const output = await linesOf(ask, batch.output_file_id);
    expect(output.map(({ response }) => [response.status_code, response.body.object])).toEqual([
      [200, object],
      [200, object],
    ]);
    const usageOf = ({
      response: {
        body: { usage },
      },
    }: Json) => usage.prompt_tokens ?? usage.input_tokens;
    expect(batch.usage.input_tokens).toBe(output.reduce((sum, line) => sum + usageOf(line), 0));
    expect(batch.usage.total_tokens).toBe(batch.usage.input_tokens + batch.usage.output_tokens);
  });

  it('may be one of another protocol', async () => {
    const url = '/v1/models/floats:predict';
    const lines = [{ custom_id: 'a', url, body: { inputs: { x: [1, 2] } } }];
    const batch = await endOf(ask, (await createBatch(ask, lines)).json.id);
    const [line] = await linesOf(ask, batch.output_file_id ?? batch.error_file_id);
    expect(line.response).toMatchObject({ status_code: expect.any(Number), body: expect.any(Object) });
  });

  it("may be one of Anthropic's messages", async () => {
    const { messages } = CHAT;
    const lines = [{ custom_id: 'a', url: '/v1/messages', body: { model: 'kjv', max_tokens: 4, messages } }];
    const batch = await endOf(ask, (await createBatch(ask, lines)).json.id);
    const [line] = await linesOf(ask, batch.output_file_id);
    expect(line.response).toMatchObject({ status_code: 200, body: { type: 'message', stop_reason: 'max_tokens' } });
  });

  it('has an error file for requests that fail, and for streams', async () => {
    const lines = [
      { custom_id: 'good', url: '/v1/chat/completions', body: CHAT },
      { custom_id: 'hot', url: '/v1/chat/completions', body: { ...CHAT, temperature: 'hot' } },
      { custom_id: 'stream', url: '/v1/chat/completions', body: { ...CHAT, stream: true } },
      { custom_id: 'unknown', url: '/v1/chat/completions', body: { ...CHAT, model: 'gone' } },
    ];
    const batch = await endOf(ask, (await createBatch(ask, lines)).json.id);
    expect(batch.request_counts).toEqual({ total: 4, completed: 1, failed: 3 });
    expect((await linesOf(ask, batch.output_file_id)).map(({ custom_id: id }) => id)).toEqual(['good']);
    const errors = await linesOf(ask, batch.error_file_id);
    expect(errors.map(({ custom_id: id, response, error }) => [id, response.status_code, error])).toEqual([
      ['hot', 400, null],
      ['stream', 400, null],
      ['unknown', 404, null],
    ]);
    expect(errors[1].response.body.error.message).toBe(
      'a stored request is answered as a whole: do not ask for a stream',
    );
  });

  it('keeps the digits of its numbers', async () => {
    const body =
      '{"id":"x","inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1e0]}],"parameters":{"big":9007199254740993}}';
    const line = `{"body":${body},"url":"${INFER}","method":"POST","custom_id":"a"}`;
    const batch = await endOf(ask, (await createBatch(ask, [line], { endpoint: INFER })).json.id);
    expect(batch.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
  });

  it('fails with the problems of its lines, and runs none of them', async () => {
    const line = JSON.stringify({ method: 'POST', ...tensor('same') });
    const lines = [
      line,
      '{"custom_id": "broken"',
      line,
      JSON.stringify({ method: 'POST', url: INFER, body: {} }),
      JSON.stringify({ custom_id: 'g', method: 'GET', url: INFER, body: {} }),
      JSON.stringify({ custom_id: 'u', method: 'POST', url: '/v1/embeddings', body: {} }),
      JSON.stringify({ custom_id: 'b', method: 'POST', url: INFER, body: [] }),
      '',
      JSON.stringify({ custom_id: 'p', method: 'POST', url: INFER, body: {}, priority: 1 }),
    ];
    const batch = await endOf(ask, (await createBatch(ask, lines, { endpoint: INFER })).json.id);
    expect(batch).toMatchObject({
      status: 'failed',
      failed_at: expect.any(Number),
      output_file_id: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
    });
    expect(batch.errors.object).toBe('list');
    expect(batch.errors.data.map(({ code, line: at, param }: Json) => [code, at, param])).toEqual([
      ['invalid_json_line', 2, null],
      ['duplicate_custom_id', 3, 'custom_id'],
      ['missing_required_parameter', 4, 'custom_id'],
      ['invalid_request', 5, 'method'],
      ['invalid_request', 6, 'url'],
      ['invalid_request', 7, 'body'],
      ['invalid_request', 9, 'priority'],
    ]);
  });

  it('fails where its file is empty', async () => {
    const batch = await endOf(ask, (await createBatch(ask, ['', ' '], { endpoint: INFER })).json.id);
    expect(batch.errors.data).toEqual([
      { code: 'empty_file', line: null, message: 'The file has no requests.', param: null },
    ]);
  });

  it('belongs to the caller that has created it', async () => {
    const { json } = await createBatch(ask, [tensor('a')]);
    const error = { message: `there is no batch '${json.id}'`, code: 'batch_not_found', param: 'batch_id' };
    expect(await ask(`batches/${json.id}`, { key: BEN })).toMatchObject({ status: 404, json: { error } });
    expect(await ask(`batches/${json.id}/cancel`, { key: BEN, method: 'POST' })).toMatchObject({ status: 404 });
    expect((await ask('batches', { key: BEN })).json.data).toEqual([]);
    const input = { input_file_id: json.input_file_id, endpoint: INFER, completion_window: '24h' };
    expect(await ask('batches', { key: BEN, json: input })).toMatchObject({
      status: 404,
      json: { error: { message: `there is no file '${json.input_file_id}'`, param: 'file_id' } },
    });
    await endOf(ask, json.id);
  });

  it('is listed in pages, the newest first', async () => {
    const ids: string[] = [];
    for (const id of ['a', 'b', 'c']) ids.unshift((await createBatch(ask, [tensor(id)])).json.id);
    const { json: page } = await ask('batches?limit=2');
    expect(page).toMatchObject({ object: 'list', first_id: ids[0], last_id: ids[1], has_more: true });
    const { json: next } = await ask(`batches?limit=1&after=${page.last_id}`);
    expect(next.data.map(({ id }: Json) => id)).toEqual([ids[2]]);
  });

  it.each([
    [
      'an endpoint that is no inference',
      { endpoint: '/v1/models' },
      "'endpoint': expected the path of an inference route, got '/v1/models'",
    ],
    [
      'no window',
      { completion_window: 'soon' },
      "'completion_window': expected a duration such as '24h' of at most 604800000 ms (batches.maxWindowMs), got 'soon'",
    ],
    [
      'too long a window',
      { completion_window: '8d' },
      "'completion_window': expected a duration such as '24h' of at most 604800000 ms (batches.maxWindowMs), got '8d'",
    ],
    [
      'metadata that is no text',
      { metadata: { a: 1 } },
      "'metadata.a': expected a string of at most 512 characters, got 1",
    ],
    ['a member that is not known', { webhook: 'x' }, "'webhook' is not a known parameter"],
  ])('is refused: %s', async (_what, more, message) => {
    const answer = await createBatch(ask, [tensor('a')], more);
    expect({ status: answer.status, message: answer.json.error?.message }).toEqual({ status: 400, message });
  });

  it('is refused where its file is of another purpose', async () => {
    const body = form(['purpose', 'user_data'], ['file', new Blob(['x']), 'f']);
    const { id } = (await ask('files', { body })).json;
    const json = { input_file_id: id, endpoint: INFER, completion_window: '24h' };
    expect((await ask('batches', { json })).json.error).toMatchObject({
      message: "'input_file_id': expected a file of the purpose 'batch', got 'user_data'",
      param: 'input_file_id',
    });
  });
});
