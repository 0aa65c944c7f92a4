// Files, uploads and batches by OpenAI's client for Node: `node batches.mjs ADDRESS FOLDER`, with the package in the folder.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Checks } from '../harness/checks.mjs';

const [address, folder] = process.argv.slice(2);
const { resolve } = createRequire(path.join(folder, 'package.json'));
const { OpenAI, toFile } = await import(pathToFileURL(resolve('openai')).href);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'key-of-tester-0123456789', maxRetries: 0 });
const checks = new Checks();
const check = (name, run) => checks.run(name, run);

const body = { model: 'kjv', messages: [{ role: 'user', content: 'Who is there?' }], max_tokens: 4, temperature: 0 };
const line = (id, more = {}) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { ...body, ...more } });

async function ended({ id }) {
  for (;;) {
    const batch = await client.batches.retrieve(id);
    if (['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) return batch;
  }
}

await check('openai: files', async () => {
  const text = `${line('a')}\n`;
  const file = await client.files.create({ file: await toFile(Buffer.from(text), 'in.jsonl'), purpose: 'batch' });
  assert.deepEqual([file.object, file.bytes, file.filename, file.purpose], ['file', text.length, 'in.jsonl', 'batch']);
  assert.deepEqual(await client.files.retrieve(file.id), file);
  assert.equal(await (await client.files.content(file.id)).text(), text);
  const ids = [];
  for await (const { id } of client.files.list({ limit: 1, purpose: 'batch' })) ids.push(id);
  assert.ok(ids.includes(file.id));
  assert.equal((await client.files.delete(file.id)).deleted, true);
  await assert.rejects(client.files.retrieve(file.id), { status: 404, code: 'file_not_found' });
});
await check('openai: uploads', async () => {
  const bytes = Buffer.alloc(300_000, 'ab');
  const { id } = await client.uploads.create({
    bytes: bytes.length,
    filename: 'big',
    mime_type: 'text/plain',
    purpose: 'user_data',
  });
  const parts = [];
  for (const piece of [bytes.subarray(0, 200_000), bytes.subarray(200_000)]) {
    parts.push((await client.uploads.parts.create(id, { data: await toFile(piece, 'part') })).id);
  }
  const { status, file } = await client.uploads.complete(id, { part_ids: parts });
  assert.deepEqual([status, file.bytes], ['completed', bytes.length]);
});
await check('openai: a batch', async () => {
  const text = `${line('good')}\n${line('bad', { temperature: 'hot' })}\n`;
  const file = await client.files.create({ file: await toFile(Buffer.from(text), 'in.jsonl'), purpose: 'batch' });
  const batch = await ended(
    await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { project: 'risk' },
    }),
  );
  assert.equal(batch.status, 'completed');
  assert.deepEqual(batch.request_counts, { total: 2, completed: 1, failed: 1 });
  const output = JSON.parse(await (await client.files.content(batch.output_file_id)).text());
  assert.equal(output.custom_id, 'good');
  assert.equal(output.response.body.usage.completion_tokens, batch.usage.output_tokens);
  const error = JSON.parse(await (await client.files.content(batch.error_file_id)).text());
  assert.equal(error.response.body.error.param, 'temperature');
  const ids = [];
  for await (const { id } of client.batches.list({ limit: 2 })) ids.push(id);
  assert.ok(ids.includes(batch.id));
});

checks.close();
