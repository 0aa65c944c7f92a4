import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Parameters, Signature, Tensor } from '../../src/core/index.js';
import { ECHO } from '../../src/runtimes/echo/manifest.js';
import type { BatchItem, Emission, LoadSpec, Placement, RuntimeManifest } from '../../src/runtimes/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';
import { SCRIPT } from '../../src/runtimes/script/manifest.js';
import TOY from '../fixtures/toy-runtime/manifest.mjs';
import { writeOnnx } from './onnx-builder.js';
import { batchItem, fp32, numbersOf } from './tensors.js';
import { IN_PROCESS, INLINE, loadSpec } from './test-host.js';

/**
 * What every runtime is given in the contract tests: a model with inputs `a` FP32[-1,2] and `b` FP32[-1], outputs `a_out` and `b_out`
 * with the same values, which fails as a whole when `poison` makes one item of a batch bad.
 */
export interface RuntimeCase {
  readonly spec: LoadSpec;
  readonly broken: { readonly spec: LoadSpec; readonly message: string };
  readonly poison: (item: BatchItem) => BatchItem;
  readonly failure: string;
}

const spec = (name: string, shape: readonly number[]) =>
  ({ name, datatype: 'FP32', shape, batchAxis: 0, optional: false }) as const;
/** Of that model. */
export const SIGNATURE: Signature = {
  inputs: [spec('a', [-1, 2]), spec('b', [-1])],
  outputs: [spec('a_out', [-1, 2]), spec('b_out', [-1])],
};

/** Where models may run, by what tests call it. */
export const PLACEMENTS: readonly (readonly [string, Placement])[] = [
  ['inline', INLINE],
  ['in a process', IN_PROCESS],
];

function onnxCase(folder: string): RuntimeCase {
  const file = writeOnnx(path.join(folder, 'pair.onnx'), {
    inputs: [
      { name: 'a', type: 'float32', dims: ['N', 2] },
      { name: 'b', type: 'float32', dims: ['N'] },
    ],
    outputs: [
      { name: 'a_out', type: 'float32', dims: ['N', 2] },
      { name: 'b_out', type: 'float32', dims: ['N'] },
    ],
    // `b` chooses from 0…99, so that a value outside fails inside the graph.
    nodes: [
      { op: 'Identity', inputs: ['a'], outputs: ['a_out'] },
      { op: 'Cast', inputs: ['b'], outputs: ['index'], attributes: { to: 7 } },
      { op: 'Gather', inputs: ['table', 'index'], outputs: ['b_out'] },
    ],
    initializers: [
      { name: 'table', type: 'float32', dims: [100], data: Float32Array.from({ length: 100 }, (_, i) => i) },
    ],
  });
  return {
    spec: loadSpec({ runtime: 'onnx', path: file }),
    broken: {
      spec: loadSpec({ runtime: 'onnx', path: path.join(folder, 'absent.onnx') }),
      message: "the model file 'absent.onnx' does not exist",
    },
    poison: (item) => ({ ...item, inputs: [item.inputs[0] as Tensor, fp32('b', [1], [5_000])] }),
    failure:
      "the model failed: Non-zero status code returned while running Gather node. Name:'' Status Message: " +
      'indices element out of data bounds, idx=5000 must be within the inclusive range [-100,99]',
  };
}

function echoCase(): RuntimeCase {
  return {
    spec: loadSpec({ runtime: 'echo', declared: SIGNATURE, options: { faults: true } }),
    broken: {
      spec: loadSpec({ runtime: 'echo' }),
      message: 'echo: declare its inputs and outputs in the model configuration',
    },
    poison: (item) => ({ ...item, parameters: { fault: 'raise' } }),
    failure: "echo: fault 'raise'",
  };
}

function scriptCase(folder: string): RuntimeCase {
  const file = path.join(folder, 'pair.ts');
  writeFileSync(
    file,
    `import { defineModel } from 'millrace/model';
    export default defineModel({
      inputs: { a: 'FP32[-1,2]', b: 'FP32[-1]' },
      outputs: { a_out: 'FP32[-1,2]', b_out: 'FP32[-1]' },
      maxBatchSize: 64,
      pure: true,
      batched: true,
      infer(requests) {
        return requests.map(({ inputs, parameters }) => {
          if (parameters.poison === true) throw new Error('poisoned');
          return { a_out: inputs.a, b_out: inputs.b.data };
        });
      },
    });`,
  );
  return {
    spec: loadSpec({ runtime: 'script', path: file }),
    broken: {
      spec: loadSpec({ runtime: 'script', path: path.join(folder, 'absent.ts') }),
      message: "the model file 'absent.ts' does not exist",
    },
    poison: (item) => ({ ...item, parameters: { poison: true } }),
    failure: "model 'model' failed with Error; the server log has the details",
  };
}

/** One from outside: it comes with a module of its own. */
function toyCase(folder: string): RuntimeCase {
  const file = path.join(folder, 'pair.toy');
  writeFileSync(file, '{ "a": [2], "b": [] }');
  return {
    spec: loadSpec({ runtime: 'toy', path: file }),
    broken: {
      spec: loadSpec({ runtime: 'toy', path: path.join(folder, 'absent.toy') }),
      message: "toy: 'absent.toy' is no JSON file",
    },
    poison: (item) => ({ ...item, parameters: { poison: true } }),
    failure: 'toy: poisoned',
  };
}

/** Every runtime that is held to the contract, with its model; the files are written into `folder`. */
export function runtimeCases(folder: string): readonly (readonly [RuntimeManifest, RuntimeCase])[] {
  return [
    [ONNX, onnxCase(folder)],
    [ECHO, echoCase()],
    [SCRIPT, scriptCase(folder)],
    [TOY, toyCase(folder)],
  ];
}

/** An item of that model with rows of its own. */
export function pairItem(callId: number, rows: number, parameters: Parameters = {}): BatchItem {
  const values = Array.from({ length: rows }, (_, row) => (callId + row) % 100);
  return batchItem(
    callId,
    [
      fp32(
        'a',
        [rows, 2],
        values.flatMap((v) => [v, -v]),
      ),
      fp32('b', [rows], values),
    ],
    {
      rows,
      parameters,
    },
  );
}

/** The answer has the values of that item. */
export function expectOwnAnswer(emission: Emission | undefined, item: BatchItem): void {
  expect(emission).toMatchObject({ callId: item.callId, final: true });
  expect(emission?.error).toBeUndefined();
  expect(emission?.outputs.map((output) => output.name)).toEqual(['a_out', 'b_out']);
  expect(emission?.outputs.map((output) => output.shape)).toEqual([[item.rows, 2], [item.rows]]);
  expect(emission?.outputs.map(numbersOf)).toEqual(item.inputs.map(numbersOf));
}
