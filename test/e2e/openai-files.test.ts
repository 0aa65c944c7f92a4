import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { ANNE, type Ask, asking, BEN, contentsOf, form, type Json, KEYS } from '../support/openai-files.js';

const LINE = '{"custom_id":"a"}\n';
const FILE = ['file', new Blob([LINE]), 'in.jsonl'] as const;
const PURPOSE = ['purpose', 'batch'] as const;

describe('files', () => {
  let server: AppServer;
  let ask: Ask;
  const contents = () => contentsOf(server);
  beforeAll(async () => {
    server = await startAppServer({}, { auth: { keys: KEYS } });
    ask = asking(server.port);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    ['before', [PURPOSE, FILE]],
    ['behind', [FILE, PURPOSE]],
  ])('are stored where the purpose comes %s the file', async (_where, members) => {
    const { status, json } = await ask('files', { body: form(...members) });
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        id: expect.stringMatching(/^file-[0-9a-f]{32}$/),
        object: 'file',
        bytes: LINE.length,
        created_at: expect.any(Number),
        expires_at: json.created_at + 30 * 86_400,
        filename: 'in.jsonl',
        purpose: 'batch',
        status: 'processed',
        status_details: null,
      },
    });
    expect((await ask(`files/${json.id}`)).json).toEqual(json);
    const content = await ask(`files/${json.id}/content`);
    expect(content.text).toBe(LINE);
    expect(Object.fromEntries(content.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-length': String(LINE.length),
      'x-content-type-options': 'nosniff',
    });
  });

  it('belong to the caller that has uploaded them', async () => {
    const { json } = await ask('files', { body: form(FILE, PURPOSE) });
    const unknown = {
      message: `there is no file '${json.id}'`,
      type: 'invalid_request_error',
      param: 'file_id',
      code: 'file_not_found',
    };
    for (const [route, asked] of [
      [`files/${json.id}`, {}],
      [`files/${json.id}/content`, {}],
      [`files/${json.id}`, { method: 'DELETE' }],
      [`files?after=${json.id}`, {}],
    ] as const) {
      expect(await ask(route, { ...asked, key: BEN })).toMatchObject({ status: 404, json: { error: unknown } });
    }
    expect((await ask('files', { key: BEN })).json).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });

  it('are listed in pages, in both orders and by purpose', async () => {
    for (const id of (await ask('files')).json.data.map((file: Json) => file.id))
      await ask(`files/${id}`, { method: 'DELETE' });
    const ids: string[] = [];
    for (const purpose of ['batch', 'user_data', 'batch', 'batch']) {
      ids.push((await ask('files', { body: form(FILE, ['purpose', purpose]) })).json.id);
    }
    const page = async (query: string) => {
      const { json } = await ask(`files?${query}`);
      return [
        json.data.map(({ id }: Json) => ids.indexOf(id)),
        json.has_more,
        ids.indexOf(json.first_id),
        ids.indexOf(json.last_id),
      ];
    };
    expect(await page('limit=3')).toEqual([[3, 2, 1], true, 3, 1]);
    expect(await page(`limit=3&after=${ids[1]}`)).toEqual([[0], false, 0, 0]);
    expect(await page('limit=2&order=asc&purpose=batch')).toEqual([[0, 2], true, 0, 2]);
    expect(await page(`order=asc&purpose=batch&after=${ids[2]}`)).toEqual([[3], false, 3, 3]);
  });

  it('are gone from the disk once they are deleted', async () => {
    const { json } = await ask('files', { body: form(FILE, PURPOSE) });
    const before = (await contents()).length;
    expect((await ask(`files/${json.id}`, { method: 'DELETE' })).json).toEqual({
      id: json.id,
      object: 'file',
      deleted: true,
    });
    expect((await contents()).length).toBe(before - 1);
    expect((await ask(`files/${json.id}`)).status).toBe(404);
  });

  it.each([
    ['no purpose', form(FILE), "'purpose': expected 'batch' or 'user_data', got nothing"],
    [
      'a purpose that means nothing here',
      form(FILE, ['purpose', 'fine-tune']),
      "'purpose': 'fine-tune' is not supported here: expected 'batch' or 'user_data'",
    ],
    ['no file', form(PURPOSE), "'file': expected a file, got nothing"],
    [
      'a text in place of the file',
      form(['file', 'text'], PURPOSE),
      "'file': expected a file, got a text: give it a filename",
    ],
    ['a file of another name', form(['data', new Blob(['x']), 'x'], PURPOSE), "'data' is not a known parameter"],
    ['two files', form(FILE, FILE, PURPOSE), 'the form has too many parts: expected at most one file and 32 fields'],
    ['a field that is given twice', form(PURPOSE, PURPOSE, FILE), "'purpose' is given twice"],
    ['a field that is not known', form(FILE, PURPOSE, ['private', '1']), "'private' is not a known parameter"],
    [
      'an anchor that does not exist',
      form(FILE, PURPOSE, ['expires_after[anchor]', 'now']),
      "'expires_after[anchor]': expected 'created_at', got \"now\"",
    ],
    [
      'too short a life',
      form(FILE, PURPOSE, ['expires_after[anchor]', 'created_at'], ['expires_after[seconds]', '5']),
      "'expires_after[seconds]': expected an integer from 3600 to 2592000, got 5",
    ],
  ])('are refused, and leave nothing: %s', async (_what, body, message) => {
    const before = await contents();
    const answer = await ask('files', { body });
    expect({ status: answer.status, message: answer.json?.error.message }).toEqual({ status: 400, message });
    expect(await contents()).toEqual(before);
  });

  it('expire when their owner says', async () => {
    const body = form(FILE, PURPOSE, ['expires_after[anchor]', 'created_at'], ['expires_after[seconds]', '7200']);
    const { json } = await ask('files', { body });
    expect(json.expires_at - json.created_at).toBe(7_200);
  });

  it.each([
    ['application/json', "header content-type: expected multipart/form-data with a boundary, got 'application/json'"],
    [
      'multipart/form-data',
      "header content-type: expected multipart/form-data with a boundary, got 'multipart/form-data'",
    ],
  ])('are refused where the body is no form: %s', async (type, message) => {
    const answer = await ask('files', { body: 'x', headers: { 'content-type': type } });
    expect(answer).toMatchObject({ status: 400, json: { error: { message } } });
  });

  it('are refused where the form ends too early', async () => {
    const before = await contents();
    const body = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nbytes';
    const answer = await ask('files', { body, headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    expect(answer.status).toBe(400);
    expect(answer.json.error.message).toMatch(/^the form is malformed: /);
    expect(await contents()).toEqual(before);
  });

  it('arrive in parts, in the order of their ids and not of their arrival', async () => {
    const bytes = randomBytes(300_000);
    const pieces = [bytes.subarray(0, 100_000), bytes.subarray(100_000, 200_001), bytes.subarray(200_001)];
    const { json: upload } = await ask('uploads', {
      json: { filename: 'big.jsonl', purpose: 'batch', bytes: bytes.length, mime_type: 'application/jsonl' },
    });
    expect(upload).toEqual({
      id: expect.stringMatching(/^upload_[0-9a-f]{32}$/),
      object: 'upload',
      bytes: 300_000,
      created_at: expect.any(Number),
      filename: 'big.jsonl',
      purpose: 'batch',
      status: 'pending',
      expires_at: upload.created_at + 3_600,
      file: null,
    });
    const parts: string[] = [];
    for (const index of [2, 0, 1]) {
      const { json } = await ask(`uploads/${upload.id}/parts`, {
        body: form(['data', new Blob([pieces[index] as Uint8Array<ArrayBuffer>]), 'p']),
      });
      expect(json).toEqual({
        id: expect.stringMatching(/^part_/),
        object: 'upload.part',
        created_at: expect.any(Number),
        upload_id: upload.id,
      });
      parts[index] = json.id;
    }
    const complete = (json: object) => ask(`uploads/${upload.id}/complete`, { json });
    expect(await complete({ part_ids: parts.slice(1) })).toMatchObject({
      status: 400,
      json: { error: { message: 'part_ids: these parts have 200000 bytes, expected 300000', param: 'part_ids' } },
    });
    expect(await complete({ part_ids: ['part_0'] })).toMatchObject({
      status: 400,
      json: { error: { message: `part_ids[0]: upload '${upload.id}' has no part 'part_0'` } },
    });
    const md5 = createHash('md5').update(bytes).digest('hex');
    expect(await complete({ part_ids: parts, md5: '0'.repeat(32) })).toMatchObject({
      status: 400,
      json: { error: { message: `md5: expected that of the parts, '${md5}', got '${'0'.repeat(32)}'`, param: 'md5' } },
    });
    expect((await ask(`uploads/${upload.id}/complete`, { key: BEN, json: { part_ids: parts } })).status).toBe(404);
    const { json: completed } = await complete({ part_ids: parts, md5 });
    expect(completed).toMatchObject({
      status: 'completed',
      file: { bytes: 300_000, filename: 'big.jsonl', purpose: 'batch' },
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/files/${completed.file.id}/content`, {
      headers: { authorization: `Bearer ${ANNE}` },
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(await complete({ part_ids: parts })).toMatchObject({
      status: 400,
      json: { error: { message: `upload '${upload.id}' is completed` } },
    });
  });

  it('leave nothing of an upload that is cancelled', async () => {
    const before = await contents();
    const json = { filename: 'f', purpose: 'batch', bytes: 4, mime_type: '' };
    const { id } = (await ask('uploads', { json })).json;
    const data = form(['data', new Blob(['abcde']), 'p']);
    expect(await ask(`uploads/${id}/parts`, { body: data })).toMatchObject({
      status: 400,
      json: { error: { message: `upload '${id}': its parts have 5 bytes, expected 4` } },
    });
    await ask(`uploads/${id}/parts`, { body: form(['data', new Blob(['abc']), 'p']) });
    expect((await contents()).length).toBe(before.length + 1);
    expect((await ask(`uploads/${id}/cancel`, { method: 'POST' })).json).toMatchObject({ status: 'cancelled' });
    expect(await contents()).toEqual(before);
    expect((await ask(`uploads/${id}/cancel`, { method: 'POST' })).json.error.message).toBe(
      `upload '${id}' is cancelled`,
    );
  });
});

describe('bounds of files', () => {
  const start = async (files: object) => {
    const server = await startAppServer({}, { auth: { keys: KEYS }, files });
    return {
      ask: asking(server.port),
      contents: () => contentsOf(server),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  };
  const upload = (bytes: number) => ({ body: form(['file', new Blob(['x'.repeat(bytes)]), 'f'], PURPOSE) });

  it('are those of a file, of a caller and of all callers', async () => {
    await using app = await start({
      maxFileBytes: 1_000,
      maxBytesPerPrincipal: 1_500,
      maxBytes: 2_000,
      maxPerPrincipal: 3,
    });
    const { ask } = app;
    expect(await ask('files', upload(1_001))).toMatchObject({
      status: 413,
      json: { error: { message: 'the file is too large: expected at most 1000 bytes (files.maxFileBytes)' } },
    });
    expect((await ask('files', upload(1_000))).status).toBe(200);
    const full = await ask('files', upload(501));
    expect(full).toMatchObject({
      status: 429,
      json: {
        error: {
          type: 'insufficient_quota',
          code: 'insufficient_quota',
          message:
            'the file cannot be stored: the files of the caller hold 1000 of 1500 bytes (files.maxBytesPerPrincipal); delete files',
        },
      },
    });
    expect(full.headers.get('x-should-retry')).toBe('false');
    expect(await ask('files', { ...upload(1_000), key: BEN })).toMatchObject({ status: 200 });
    expect(await ask('files', { ...upload(1), key: BEN })).toMatchObject({
      status: 503,
      json: { error: { message: 'the file cannot be stored: all files hold 2000 of 2000 bytes (files.maxBytes)' } },
    });
    const [{ id }] = (await ask('files')).json.data;
    await ask(`files/${id}`, { method: 'DELETE' });
    for (const _ of [1, 2, 3]) expect((await ask('files', upload(10))).status).toBe(200);
    expect((await ask('files', upload(10))).json.error.message).toBe(
      'the file cannot be stored: the caller has 3 files (files.maxPerPrincipal); delete files',
    );
    expect((await app.contents()).length).toBe(4);
  });

  it('leave free what the store needs', async () => {
    await using app = await start({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    // Its folder does not exist before the first file.
    expect((await app.ask('files', upload(1))).status).toBe(200);
    expect(await app.ask('files', upload(1))).toMatchObject({
      status: 503,
      json: {
        error: {
          message: expect.stringMatching(
            /^the file cannot be stored: \d+ bytes are free on the disk of the store, expected at least/,
          ),
        },
      },
    });
  });

  it('may be that there are none', async () => {
    await using app = await start({ enabled: false });
    expect((await app.ask('files', upload(1))).status).toBe(404);
  });
});
