import { expect, it } from 'vitest';
import { jsonOf, startAppServer } from '../support/app-server.js';

const ECHO = {
  'echo/model.yaml': [
    'runtime: echo',
    'inputs: [{ name: x, datatype: INT32, shape: [1] }]',
    'outputs: [{ name: x, datatype: INT32, shape: [1] }]',
  ].join('\n'),
  'echo/1/': '',
};

it.each(['none', 'poll'] as const)('models are not controlled over the network in mode %s', async (controlMode) => {
  await using server = await startAppServer(ECHO, { repository: { controlMode } });
  for (const action of ['load', 'unload']) {
    expect(jsonOf(await server.send(`POST /v2/repository/models/echo/${action}`))).toMatchObject({
      status: 503,
      body: {
        error: `cannot ${action} model 'echo': this requires repository.controlMode explicit (--model-control-mode explicit --load-model '*'), got ${controlMode}`,
      },
    });
  }
  expect(await server.index()).toEqual(['echo/1: READY']);
});
