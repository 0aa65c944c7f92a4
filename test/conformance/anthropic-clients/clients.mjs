// Anthropic's client for Node and Vercel's AI SDK: `node clients.mjs ADDRESS FOLDER`, with the packages in the folder.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Checks } from '../harness/checks.mjs';

const [address, folder] = process.argv.slice(2);
const { resolve } = createRequire(path.join(folder, 'package.json'));
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { Anthropic } = await load('@anthropic-ai/sdk');
const { generateText, streamText, jsonSchema, stepCountIs, tool, APICallError } = await load('ai');
const { createAnthropic } = await load('@ai-sdk/anthropic');

const apiKey = 'key-of-tester-0123456789';
const messages = [{ role: 'user', content: 'Who is there?' }];
const TO = {
  type: 'object',
  properties: { to: { enum: ['Moses', 'Aaron'] } },
  required: ['to'],
  additionalProperties: false,
};
const checks = new Checks();
const check = (name, run) => checks.run(name, run);

const client = new Anthropic({ baseURL: address, apiKey, maxRetries: 0 });
const length = { model: 'kjv', messages, max_tokens: 8, temperature: 0 };

await check('anthropic: models', async () => {
  const ids = [];
  for await (const { id } of client.models.list()) ids.push(id);
  assert.deepEqual(ids, ['kjv']);
});
await check('anthropic: a message, whole and as a stream', async () => {
  const { data, request_id: id } = await client.messages.create(length).withResponse();
  assert.ok(id);
  assert.match(data.id, /^msg_/);
  const types = [];
  const stream = client.messages.stream(length).on('streamEvent', ({ type }) => types.push(type));
  const final = await stream.finalMessage();
  assert.deepEqual(final.content, data.content);
  assert.deepEqual(final.usage, data.usage);
  assert.equal(final.stop_reason, data.stop_reason);
  assert.equal(types[0], 'message_start');
  assert.deepEqual(types.slice(-3), ['content_block_stop', 'message_delta', 'message_stop']);
});
await check('anthropic: an aborted stream', async () => {
  const stream = await client.messages.create({ ...length, max_tokens: 400, stream: true });
  let events = 0;
  for await (const _ of stream) if (++events === 3) stream.controller.abort();
  assert.equal((await client.messages.create(length)).type, 'message');
});
await check('anthropic: a stop sequence', async () => {
  const { content } = await client.messages.create(length);
  const stop = content[0].text.split(' ')[2];
  const answer = await client.messages.create({ ...length, stop_sequences: [stop] });
  assert.deepEqual([answer.stop_reason, answer.stop_sequence], ['stop_sequence', stop]);
});
await check('anthropic: a call of a tool, streamed, and its result', async () => {
  const tools = [{ name: 'send', description: 'Sends somebody.', input_schema: TO }];
  const asked = { ...length, max_tokens: 100, tools };
  const final = await client.messages.stream({ ...asked, tool_choice: { type: 'any' } }).finalMessage();
  const call = final.content.find(({ type }) => type === 'tool_use');
  assert.ok(['Moses', 'Aaron'].includes(call.input.to));
  assert.equal(final.stop_reason, 'tool_use');
  const result = { type: 'tool_result', tool_use_id: call.id, content: [{ type: 'text', text: 'sent' }] };
  const turns = [...messages, { role: 'assistant', content: final.content }, { role: 'user', content: [result] }];
  assert.equal((await client.messages.create({ ...asked, messages: turns })).type, 'message');
});
await check('anthropic: tokens', async () => {
  const { input_tokens: count } = await client.messages.countTokens({ model: 'kjv', messages });
  const { usage } = await client.messages.create({ ...length, max_tokens: 1 });
  assert.equal(count, usage.input_tokens + usage.cache_read_input_tokens);
});
await check('anthropic: errors', async () => {
  const ask = (change) => client.messages.create({ ...length, ...change });
  await assert.rejects(
    ask({ model: 'kvj' }),
    (error) => error instanceof Anthropic.NotFoundError && error.type === 'not_found_error',
  );
  await assert.rejects(ask({ temperature: 3 }), (error) => error.status === 400 && error.requestID !== undefined);
});

const provider = createAnthropic({ baseURL: `${address}/v1`, apiKey });
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
