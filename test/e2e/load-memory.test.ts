import { expect, it } from 'vitest';
import { startAppServer } from '../support/app-server.js';

const GREEDY = `import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { x: 'FP32[1]' },
  outputs: { y: 'FP32[1]' },
  async load() {
    globalThis.kept = Buffer.alloc(400_000_000, 1);
    await new Promise(() => setInterval(() => undefined, 1_000));
  },
  infer: ({ inputs }) => ({ y: inputs.x.data }),
});
`;

it.each([
  ['sagemaker', 'x-amzn-errortype', 'ThrottlingException'],
  ['torchserve', 'x-millrace-error', 'resource_exhausted'],
])('a load whose runner uses more memory than it may is answered with 507 by %s', async (dialect, header, value) => {
  await using server = await startAppServer(
    { 'greedy/model.ts': GREEDY, 'greedy/model.yaml': 'limits: { maxRssBytes: 300000000 }\n' },
    { [dialect]: { enabled: true }, repository: { controlMode: 'explicit' }, runners: { memoryPollIntervalMs: 50 } },
  );
  const { status, headers, body } = await server.send(
    'POST /models',
    JSON.stringify({ model_name: 'hash', url: 'greedy' }),
    { 'content-type': 'application/json' },
  );
  expect([status, headers[header]]).toEqual([507, value]);
  expect(body.toString()).toMatch(/used \d+ MiB, limit 286 MiB/);
});
