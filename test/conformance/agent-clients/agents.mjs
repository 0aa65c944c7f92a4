// OpenAI's Agents SDK for Node: `node agents.mjs ADDRESS KEY FOLDER`, with the packages in the folder.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Checks } from '../harness/checks.mjs';

const [address, apiKey, folder] = process.argv.slice(2);
const { resolve } = createRequire(path.join(folder, 'package.json'));
const load = (name) => import(pathToFileURL(resolve(name)).href);
const {
  Agent,
  Runner,
  tool,
  setTracingDisabled,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  ModelBehaviorError,
} = await load('@openai/agents');
const { OpenAI, AuthenticationError, BadRequestError, NotFoundError } = await load('openai');
const { z } = await load('zod');

setTracingDisabled(true);
const MODELS = { chat: OpenAIChatCompletionsModel, responses: OpenAIResponsesModel };
const ASKED = 'Who is there?';
const Being = z.object({ kind: z.enum(['man', 'beast']), old: z.boolean() });
const runner = new Runner();
const checks = new Checks();
const check = (name, run) => checks.run(name, run);

function agent(api, { name = 'kjv', key = apiKey, settings = {}, ...options } = {}) {
  const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
  const modelSettings = { temperature: 0, maxTokens: 300, ...settings };
  return new Agent({ name: 'Porter', model: new MODELS[api](client, name), modelSettings, ...options });
}

const send = tool({
  name: 'send',
  description: 'Sends somebody.',
  parameters: z.object({ to: z.enum(['Moses', 'Aaron']), many: z.boolean() }),
  execute: async ({ to }) => `sent ${to}`,
});

for (const api of Object.keys(MODELS)) {
  await check(`${api}: a text, and another that goes on`, async () => {
    const asking = agent(api);
    const answer = await runner.run(asking, ASKED);
    assert.ok(answer.finalOutput);
    const { inputTokens, outputTokens } = answer.state.usage;
    assert.ok(inputTokens > 0 && outputTokens > 0);
    const again = await runner.run(asking, [...answer.history, { role: 'user', content: 'And then?' }]);
    assert.ok(again.state.usage.inputTokens > inputTokens);
  });
  await check(`${api}: a typed output`, async () => {
    const { finalOutput } = await runner.run(agent(api, { outputType: Being, instructions: 'Be brief.' }), ASKED);
    assert.ok(Being.safeParse(finalOutput).success, JSON.stringify(finalOutput));
  });
  await check(`${api}: a tool whose output is the answer`, async () => {
    const settings = { toolChoice: 'required', parallelToolCalls: false };
    const asking = agent(api, { tools: [send], settings, toolUseBehavior: 'stop_on_first_tool' });
    const { finalOutput } = await runner.run(asking, ASKED);
    assert.match(finalOutput, /^sent (Moses|Aaron)$/);
  });
  await check(`${api}: an answer after a tool`, async () => {
    const asking = agent(api, { tools: [send], settings: { toolChoice: 'send' }, outputType: Being });
    const { finalOutput, newItems } = await runner.run(asking, ASKED);
    assert.ok(Being.safeParse(finalOutput).success);
    const types = newItems.map(({ type }) => type);
    assert.deepEqual(types, ['tool_call_item', 'tool_call_output_item', 'message_output_item']);
  });
  await check(`${api}: a stream`, async () => {
    const result = await runner.run(agent(api), ASKED, { stream: true });
    let text = '';
    for await (const { type, data } of result)
      if (type === 'raw_model_stream_event' && data.type === 'output_text_delta') text += data.delta;
    await result.completed;
    assert.ok(text);
    assert.equal(result.finalOutput, text);
  });
  await check(`${api}: a stream with a tool`, async () => {
    const settings = { toolChoice: 'required' };
    const asking = agent(api, { tools: [send], settings, toolUseBehavior: 'stop_on_first_tool' });
    const result = await runner.run(asking, ASKED, { stream: true });
    const names = [];
    for await (const event of result) if (event.type === 'run_item_stream_event') names.push(event.name);
    await result.completed;
    assert.deepEqual(names, ['tool_called', 'tool_output']);
    assert.match(result.finalOutput, /^sent (Moses|Aaron)$/);
  });
  await check(`${api}: errors`, async () => {
    await assert.rejects(runner.run(agent(api, { key: 'wrong' }), ASKED), AuthenticationError);
    await assert.rejects(runner.run(agent(api, { name: 'kvj' }), ASKED), NotFoundError);
    await assert.rejects(runner.run(agent(api), 'and '.repeat(5_000)), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.equal(error.code, 'context_length_exceeded');
      return true;
    });
    const cut = agent(api, { outputType: Being, settings: { maxTokens: 2 } });
    await assert.rejects(runner.run(cut, ASKED), ModelBehaviorError);
  });
}
await check('a stored response goes on', async () => {
  const asking = agent('responses', { settings: { store: true } });
  const answer = await runner.run(asking, ASKED);
  const again = await runner.run(asking, 'And then?', { previousResponseId: answer.lastResponseId });
  assert.ok(again.state.usage.inputTokens > answer.state.usage.inputTokens);
});

checks.close();
