// OpenAI's client for Node and Vercel's AI SDK: `node clients.mjs ADDRESS FOLDER`, with the packages in the folder.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Checks } from '../harness/checks.mjs';

const [address, folder] = process.argv.slice(2);
const { resolve } = createRequire(path.join(folder, 'package.json'));
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { OpenAI } = await load('openai');
const { generateText, streamText, generateObject, jsonSchema, stepCountIs, tool, APICallError } = await load('ai');
const { createOpenAICompatible } = await load('@ai-sdk/openai-compatible');

const apiKey = 'key-of-tester-0123456789';
const baseURL = `${address}/v1`;
const messages = [{ role: 'user', content: 'Who is there?' }];
const SCHEMA = {
  type: 'object',
  properties: { kind: { enum: ['man', 'beast'] }, old: { type: 'boolean' } },
  required: ['kind', 'old'],
  additionalProperties: false,
};
const TO = { ...SCHEMA, properties: { to: { enum: ['Moses', 'Aaron'] } }, required: ['to'] };
const checks = new Checks();
const check = (name, run) => checks.run(name, run);

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const length = { model: 'kjv', messages, max_tokens: 8, temperature: 0, ignore_eos: true };

await check('openai: models', async () => {
  const ids = [];
  for await (const { id } of client.models.list()) ids.push(id);
  assert.deepEqual(ids, ['kjv']);
});
await check('openai: a chat, whole and as a stream', async () => {
  const { data, request_id: id } = await client.chat.completions.create(length).withResponse();
  assert.ok(id);
  assert.equal(data.usage.completion_tokens, 8);
  const stream = client.chat.completions.stream({ ...length, stream_options: { include_usage: true } });
  assert.equal(await stream.finalContent(), data.choices[0].message.content);
  assert.equal((await stream.totalUsage()).completion_tokens, 8);
});
await check('openai: an aborted stream', async () => {
  const stream = await client.chat.completions.create({ ...length, max_tokens: 400, stream: true });
  let chunks = 0;
  for await (const _ of stream) if (++chunks === 3) stream.controller.abort();
  assert.equal((await client.chat.completions.create(length)).usage.completion_tokens, 8);
});
await check('openai: responses', async () => {
  const stream = client.responses.stream({ model: 'kjv', input: 'Who is there?', max_output_tokens: 8 });
  let text = '';
  for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
  const response = await stream.finalResponse();
  assert.equal(response.output_text, text);
  assert.equal((await client.responses.retrieve(response.id)).output_text, text);
  const items = [];
  for await (const item of client.responses.inputItems.list(response.id)) items.push(item);
  assert.equal(items.length, 1);
  await client.responses.delete(response.id);
});
await check(
  'openai: a quota of requests, which it waits for, and one of tokens a day, for which it does not',
  async () => {
    const hasty = new OpenAI({ baseURL, apiKey: 'key-of-hasty-0123456789', maxRetries: 2 });
    for (let round = 0; round < 3; round++) {
      const { response } = await hasty.chat.completions.create(length).withResponse();
      assert.equal(response.headers.get('x-ratelimit-limit-requests'), '1');
    }
    const impatient = new OpenAI({ baseURL, apiKey: 'key-of-hasty-0123456789', maxRetries: 0 });
    await assert.rejects(
      impatient.chat.completions.create(length),
      (error) => error instanceof OpenAI.RateLimitError && error.code === 'rate_limit_exceeded',
    );
    let sent = 0;
    const counting = (...request) => fetch(...request).finally(() => sent++);
    const poor = new OpenAI({ baseURL, apiKey: 'key-of-poor-0123456789', maxRetries: 2, fetch: counting });
    await assert.rejects(
      poor.chat.completions.create(length),
      (error) => error instanceof OpenAI.RateLimitError && error.code === 'insufficient_quota',
    );
    assert.equal(sent, 1);
  },
);
await check('openai: errors', async () => {
  const ask = (change) => client.chat.completions.create({ ...length, ...change });
  await assert.rejects(ask({ model: 'kvj' }), (error) => error instanceof OpenAI.NotFoundError);
  await assert.rejects(ask({ temperature: 3 }), (error) => error.param === 'temperature' && error.status === 400);
});

const provider = createOpenAICompatible({
  name: 'millrace',
  baseURL,
  apiKey,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const asked = { model: provider('kjv'), prompt: 'Who is there?', temperature: 0, maxOutputTokens: 8, maxRetries: 0 };

await check('ai: a text, whole and as a stream', async () => {
  const { text, usage } = await generateText(asked);
  assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
  const stream = streamText(asked);
  let streamed = '';
  for await (const piece of stream.textStream) streamed += piece;
  assert.equal(streamed, text);
  assert.equal((await stream.usage).outputTokens, usage.outputTokens);
});
await check('ai: an object', async () => {
  try {
    const { object } = await generateObject({ ...asked, maxOutputTokens: 400, schema: jsonSchema(SCHEMA) });
    assert.deepEqual(Object.keys(object).sort(), ['kind', 'old']);
  } catch (error) {
    // A small model may go on with blanks until it is cut off.
    if (error.finishReason !== 'length') throw error;
  }
});
await check('ai: a call of a tool, and its result', async () => {
  const sent = [];
  const send = tool({
    inputSchema: jsonSchema(TO),
    execute: async (given) => {
      sent.push(given.to);
      return 'sent';
    },
  });
  const { steps } = await generateText({
    ...asked,
    maxOutputTokens: 100,
    tools: { send },
    toolChoice: 'required',
    stopWhen: stepCountIs(2),
  });
  assert.equal(steps[0].finishReason, 'tool-calls');
  assert.equal(steps.length, 2);
  assert.ok(sent.length > 0 && sent.every((to) => ['Moses', 'Aaron'].includes(to)));
});
await check('ai: an error', async () => {
  const unknown = generateText({ ...asked, model: provider('kvj') });
  await assert.rejects(unknown, (error) => APICallError.isInstance(error) && error.statusCode === 404);
});

checks.close();
