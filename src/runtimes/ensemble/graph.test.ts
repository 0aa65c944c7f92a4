import { describe, expect, it } from 'vitest';
import { MillraceError, type TensorSpec } from '../../core/index.js';
import { buildGraph } from './graph.js';
import { readEnsembleOptions, type StepOptions } from './options.js';

function spec(name: string): TensorSpec {
  return { name, datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false };
}

/** `a: x=in -> y=mid`: a step of model `a` that reads the ensemble's `in` as `x` and writes its own `y` as `mid`. */
function step(text: string): StepOptions {
  const [model = '', maps = ''] = text.split(': ');
  const [inputs = '', outputs = ''] = maps.split('->').map((side) =>
    Object.fromEntries(
      side
        .trim()
        .split(' ')
        .filter(Boolean)
        .map((pair) => pair.split('=')),
    ),
  );
  return { model, version: undefined, inputs, outputs } as StepOptions;
}

function build(steps: readonly string[], inputs: readonly string[], outputs: readonly string[]) {
  return buildGraph(steps.map(step), { inputs: inputs.map(spec), outputs: outputs.map(spec) });
}

describe('buildGraph', () => {
  it('orders steps behind those that they wait for, however they are written', () => {
    const graph = build(
      ['join: l=b r=c -> y=out', 'left: x=a -> y=b', 'first: x=in -> y=a', 'right: x=a -> y=c'],
      ['in'],
      ['out'],
    );
    expect(graph.order.map((index) => graph.steps[index]?.model)).toEqual(['first', 'left', 'right', 'join']);
    expect(graph.tensors).toEqual(['in', 'b', 'c', 'out', 'a']);
    expect(graph.writers.map((writer) => writer?.model)).toEqual([undefined, 'left', 'right', 'join', 'first']);
  });

  it('takes an intermediate tensor, and an input that a step reads as well, for an output', () => {
    const graph = build(['a: x=in -> y=mid', 'b: x=mid -> y=out'], ['in'], ['out', 'mid', 'in']);
    expect(graph.outputs.map(({ slot }) => graph.tensors[slot])).toEqual(['out', 'mid', 'in']);
  });

  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ["step 0 (model 'a') has no inputs", ['a: -> y=out'], [], ['out']],
    ["step 0 (model 'a') has no outputs", ['a: x=in ->'], ['in'], ['in']],
    [
      "tensor 'in' is an input of the ensemble, but step 1 (model 'b') writes it",
      ['a: x=in -> y=out', 'b: x=in -> y=in'],
      ['in'],
      ['out'],
    ],
    [
      "tensor 'out' is written by step 0 (model 'a') and by step 1 (model 'b')",
      ['a: x=in -> y=out', 'b: x=in -> y=out'],
      ['in'],
      ['out'],
    ],
    ["tensor 'out' is written by two outputs of step 0 (model 'a')", ['a: x=in -> y=out z=out'], ['in'], ['out']],
    [
      "step 0 (model 'a') reads tensor 'inn' as its input 'x', but no step writes it and the ensemble has no such input",
      ['a: x=inn -> y=out'],
      ['in'],
      ['out'],
    ],
    ["output 'out' of the ensemble is written by no step", ['a: x=in -> y=o'], ['in'], ['out']],
    ["input 'more' of the ensemble is read by no step", ['a: x=in -> y=out'], ['in', 'more'], ['out']],
    [
      "tensor 'z', which step 0 (model 'a') writes, is read by no step and is no output of the ensemble; leave it out of the step's outputs",
      ['a: x=in -> y=out z=z'],
      ['in'],
      ['out'],
    ],
    [
      "steps wait for each other: step 0 (model 'a') → step 1 (model 'b') → step 2 (model 'c') → step 0 (model 'a')",
      ['a: x=in l=c -> y=a', 'b: x=a -> y=b', 'c: x=b -> y=c', 'd: x=c -> y=out'],
      ['in'],
      ['out'],
    ],
    ["steps wait for each other: step 0 (model 'a') → step 0 (model 'a')", ['a: x=in l=out -> y=out'], ['in'], ['out']],
  ])('refuses: %s', (message, steps, inputs, outputs) => {
    expect(() => build(steps, inputs, outputs)).toThrow(new MillraceError('invalid_argument', `ensemble: ${message}`));
  });
});

describe('readEnsembleOptions', () => {
  const good = { model: 'a', inputs: { x: 'in' }, outputs: { y: 'out' } };

  it('reads steps with and without a version', () => {
    expect(readEnsembleOptions({ steps: [good, { ...good, version: 2 }] })).toEqual([
      { ...good, version: undefined },
      { ...good, version: 2 },
    ]);
  });

  it.each<[string, unknown]>([
    ['steps: expected at least one step, got undefined', undefined],
    ['steps: expected at least one step, got []', []],
    ['steps[0]: expected an object, got "a"', ['a']],
    [`steps[0].model: expected a model's name, got 7`, [{ ...good, model: 7 }]],
    ['steps[1].version: expected a positive integer, got -1', [good, { ...good, version: -1 }]],
    [
      "steps[0].inputs: expected names of the ensemble's tensors by those of the model's, got []",
      [{ ...good, inputs: [] }],
    ],
    ["steps[0].outputs.y: expected a tensor's name, got 1", [{ ...good, outputs: { y: 1 } }]],
  ])('refuses %s', (message, steps) => {
    expect(() => readEnsembleOptions({ steps })).toThrow(new MillraceError('invalid_argument', `ensemble.${message}`));
  });
});
