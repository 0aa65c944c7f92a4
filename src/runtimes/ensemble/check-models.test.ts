import { describe, expect, it } from 'vitest';
import { type Datatype, MillraceError, type TensorSpec } from '../../core/index.js';
import type { OtherModel } from '../model-calls.js';
import { checkModels } from './check-models.js';
import { buildGraph } from './graph.js';

/** `x FP32 -1,2`; a question mark behind the name makes it optional. */
function spec(text: string, batching: boolean): TensorSpec {
  const [name = '', datatype, sizes = ''] = text.split(' ');
  const shape = sizes.split(',').map(Number);
  return {
    name: name.replace('?', ''),
    datatype: datatype as Datatype,
    shape,
    batchAxis: batching ? 0 : null,
    optional: name.endsWith('?'),
  };
}

function model(inputs: readonly string[], outputs: readonly string[], maxBatchSize = 8): OtherModel {
  const batching = maxBatchSize > 0;
  return {
    signature: {
      inputs: inputs.map((text) => spec(text, batching)),
      outputs: outputs.map((text) => spec(text, batching)),
    },
    maxBatchSize,
    decoupled: false,
  };
}

interface Case {
  readonly ensemble?: OtherModel;
  readonly first?: OtherModel;
  readonly second?: OtherModel;
  readonly firstInputs?: Readonly<Record<string, string>>;
}

const MODEL = model(['x FP32 -1,2'], ['y FP32 -1,2']);

/** in → first → mid → second → out. */
function check({ ensemble, first = MODEL, second = MODEL, firstInputs = { x: 'in' } }: Case): void {
  const own = ensemble ?? model(['in FP32 -1,2'], ['out FP32 -1,2']);
  const steps = [
    { model: 'first', version: undefined, inputs: firstInputs, outputs: { y: 'mid' } },
    { model: 'second', version: undefined, inputs: { x: 'mid' }, outputs: { y: 'out' } },
  ];
  checkModels(buildGraph(steps, own.signature), [first, second], own);
}

describe('checkModels', () => {
  it.each<[string, Case]>([
    ['models that agree', {}],
    ['an open size beside a fixed one', { second: model(['x FP32 -1,-1'], ['y FP32 -1,-1']) }],
    ['an optional input that nothing is bound to', { first: model(['x FP32 -1,2', 'k? FP32 -1,1'], ['y FP32 -1,2']) }],
    ['an output that nobody reads', { first: model(['x FP32 -1,2'], ['y FP32 -1,2', 'z FP32 -1,1']) }],
    ['a model without batch dimension for single rows', { first: model(['x FP32 2'], ['y FP32 2'], 0) }],
    ['a model without batch dimension whose first size is open', { first: model(['x FP32 -1,2'], ['y FP32 -1,2'], 0) }],
    ['a model with batch dimension in an ensemble without', { ensemble: model(['in FP32 2'], ['out FP32 2'], 0) }],
  ])('accepts %s', (_, setup) => {
    expect(() => check(setup)).not.toThrow();
  });

  it.each<[string, Case]>([
    [
      "maxBatchSize is 8, but step 1 (model 'second') takes at most 4 rows a request",
      { second: model(['x FP32 -1,2'], ['y FP32 -1,2'], 4) },
    ],
    [
      "step 0 (model 'first') does not say where its input 'k' (FP32[-1,1]) comes from",
      { first: model(['x FP32 -1,2', 'k FP32 -1,1'], ['y FP32 -1,2']) },
    ],
    ["step 0 (model 'first') has no input 'w'; its inputs are 'x'", { firstInputs: { x: 'in', w: 'in' } }],
    [
      "step 0 (model 'first') has no output 'y'; its outputs are 'z'",
      { first: model(['x FP32 -1,2'], ['z FP32 -1,2']) },
    ],
    [
      "tensor 'in' is FP32[-1,2] as input 'in' of the ensemble, but FP64[-1,2] as input 'x' of step 0 (model 'first')",
      { first: model(['x FP64 -1,2'], ['y FP32 -1,2']) },
    ],
    [
      "tensor 'mid' is FP32[-1,3] as output 'y' of step 0 (model 'first'), but FP32[-1,2] as input 'x' of step 1 (model 'second')",
      { first: model(['x FP32 -1,2'], ['y FP32 -1,3']) },
    ],
    [
      "tensor 'out' is INT64[-1,2] as output 'out' of the ensemble, but FP32[-1,2] as output 'y' of step 1 (model 'second')",
      { ensemble: model(['in FP32 -1,2'], ['out INT64 -1,2']) },
    ],
    [
      "tensor 'mid' is FP32[-1,2] as output 'y' of step 0 (model 'first'), but FP32[-1,2,1] as input 'x' of step 1 (model 'second')",
      { second: model(['x FP32 -1,2,1'], ['y FP32 -1,2']) },
    ],
  ])('refuses: %s', (message, setup) => {
    expect(() => check(setup)).toThrow(new MillraceError('invalid_argument', `ensemble: ${message}`));
  });
});
