import { expect, it } from 'vitest';
import { jsonAnswer, type SeenRequest, startFakeServer } from '../../../test/support/fake-server.js';
import { connectBatches, decodeBatchAnswer, encodeBatchRequest } from './batches-client.js';

const X = {
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: new Uint8Array(Float32Array.of(1.5, Number.NaN).buffer),
} as const;

it('a file is uploaded as a form, and its batch is created and read', async () => {
  const seen: SeenRequest[] = [];
  const server = await startFakeServer((request) => {
    seen.push(request);
    return jsonAnswer({ id: request.url === '/v1/files' ? 'file-1' : 'batch_1', status: 'in_progress' });
  });
  try {
    const batches = connectBatches(server.url, { key: 'secret' }, new AbortController().signal);
    expect(await batches.upload('a.jsonl', Buffer.from('{}\n'))).toBe('file-1');
    expect(await batches.create('file-1', '/v2/models/m/infer')).toMatchObject({ id: 'batch_1' });
    expect(await batches.batch('batch_1')).toMatchObject({ status: 'in_progress' });
    await batches.remove('file-1');
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/files',
      'POST /v1/batches',
      'GET /v1/batches/batch_1',
      'DELETE /v1/files/file-1',
    ]);
    const [upload, create] = seen;
    expect(upload?.headers.authorization).toBe('Bearer secret');
    const form = await new Response(new Uint8Array(upload?.body ?? []), {
      headers: { 'content-type': upload?.headers['content-type'] ?? '' },
    }).formData();
    expect(form.get('purpose')).toBe('batch');
    const file = form.get('file');
    expect(file instanceof Blob && (await file.text())).toBe('{}\n');
    expect(JSON.parse(String(create?.body))).toEqual({
      input_file_id: 'file-1',
      endpoint: '/v2/models/m/infer',
      completion_window: '24h',
    });
  } finally {
    await server.close();
  }
});

it('a request is a line of JSON, with the words of inference servers for numbers that JSON has not', () => {
  expect(encodeBatchRequest({ id: '1+1', url: '/v2/models/m/infer', inputs: [X], outputs: ['y'] })).toBe(
    '{"custom_id":"1+1","method":"POST","url":"/v2/models/m/infer","body":{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1.5,NaN]}],"outputs":[{"name":"y"}]}}\n',
  );
});

it('an answer has outputs, or says why there are none', () => {
  const answer = { outputs: [{ name: 'y', datatype: 'INT64', shape: [1], data: [7] }] };
  const ok = { custom_id: 'a', response: { status_code: 200, body: answer }, error: null };
  expect(decodeBatchAnswer(JSON.stringify(ok))).toEqual({
    id: 'a',
    status: 200,
    outputs: [{ name: 'y', datatype: 'INT64', shape: [1], data: new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0]) }],
    error: undefined,
  });
  const refused = { custom_id: 'b', response: { status_code: 400, body: { error: 'no x' } }, error: null };
  expect(decodeBatchAnswer(JSON.stringify(refused))).toMatchObject({
    id: 'b',
    status: 400,
    outputs: [],
    error: 'no x',
  });
  const lost = { custom_id: 'c', response: null, error: { code: 'batch_expired', message: 'too late' } };
  expect(decodeBatchAnswer(JSON.stringify(lost))).toMatchObject({ id: 'c', status: 0, outputs: [], error: 'too late' });
});

it('errors of a server are told in its words, and a server that is not there as such', async () => {
  const server = await startFakeServer(() => jsonAnswer({ error: { message: 'no such file', code: null } }, 404));
  const batches = connectBatches(server.url, {}, new AbortController().signal);
  await expect(batches.content('file-1')).rejects.toMatchObject({ status: 404, message: 'no such file' });
  await server.close();
  await expect(batches.batch('b')).rejects.toMatchObject({ status: 0, code: 'unavailable' });
});
