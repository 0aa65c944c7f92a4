import { expect, it } from 'vitest';
import { packBytes } from '../../src/core/index.js';
import { startAppServer } from '../support/app-server.js';
import { buildOnnx, identityGraph } from '../support/onnx-builder.js';

it('loads what Triton loads: scalars configured as [1], texts of one row as the warm-up of several', async () => {
  await using server = await startAppServer({
    'scalar/1/model.onnx': buildOnnx(identityGraph([{ name: 'x', type: 'float32', dims: [] }])),
    'scalar/config.pbtxt': `
      input { name: "x" data_type: TYPE_FP32 dims: [ 1 ] }
      output { name: "x_out" data_type: TYPE_FP32 dims: [ 1 ] }`,
    'texts/1/model.onnx': buildOnnx(identityGraph([{ name: 'x', type: 'string', dims: ['n', 1] }])),
    'texts/config.pbtxt': `max_batch_size: 8
      model_warmup {
        name: "w" batch_size: 8
        inputs { key: "x" value: { data_type: TYPE_STRING dims: [ 1 ] input_data_file: "raw_string_data" } }
      }`,
    'texts/warmup/raw_string_data': packBytes([Buffer.from('233')]),
  });
  expect(await server.index()).toEqual(['scalar/1: READY', 'texts/1: READY']);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [2.5] }];
  expect((await server.infer('scalar', { inputs })).body.outputs).toEqual([
    { name: 'x_out', datatype: 'FP32', shape: [1], data: [2.5] },
  ]);
});
