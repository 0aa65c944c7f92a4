import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { closeTo } from '../support/close-to.js';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({}, { repository: { paths: ['examples/models', 'examples/scripts'] } });
});
afterAll(() => server[Symbol.asyncDispose]());

const tensor = (name: string, datatype: string, shape: number[], data: readonly unknown[]) => ({
  name,
  datatype,
  shape,
  data,
});

it('the example that asks another model names its best classes', async () => {
  const x = tensor('x', 'FP32', [1, 16], Array(16).fill(0.5));
  const { body: direct } = await server.infer('mlp', { inputs: [x] });
  const scores: readonly number[] = direct.outputs[0].data;
  const { body } = await server.infer('top-classes', { inputs: [x, tensor('count', 'INT32', [1, 1], [2])] });
  const [first, second] = [...scores].sort((a, b) => b - a);
  expect(body.outputs).toEqual([
    tensor(
      'class',
      'BYTES',
      [1, 2],
      [first, second].map((score) => `class-${scores.indexOf(score as number)}`),
    ),
    tensor('score', 'FP32', [1, 2], closeTo([first, second] as number[])),
  ]);
  const refused = await server.infer('top-classes', { inputs: [x, tensor('count', 'INT32', [1, 1], [11])] });
  expect([refused.status, refused.body.error]).toEqual([400, 'count: expected 1 to 10, got 11']);
});

it('the example with state averages the last two values of its sequence', async () => {
  const send = async (value: number, flags: object = {}) => {
    const inputs = [tensor('value', 'FP64', [1], [value])];
    return (await server.infer('moving-average', { inputs, parameters: { sequence_id: 3, ...flags } })).body.outputs[0]
      .data[0];
  };
  expect(await send(2, { sequence_start: true })).toBe(2);
  expect(await send(4)).toBe(3);
  expect(await send(8, { sequence_end: true })).toBe(6);
});

it('the example of many answers gives one word after the other', async () => {
  const url = `http://127.0.0.1:${server.port}/v2/models/words/generate_stream`;
  const text = await (await fetch(url, { method: 'POST', body: '{"text_input":"to be or not"}' })).text();
  const events = text.matchAll(/^data: (.*)$/gm);
  expect(Array.from(events, ([, json = '']) => JSON.parse(json))).toMatchObject(
    ['to', 'be', 'or', 'not'].map((word) => ({ text_output: word })),
  );
});
