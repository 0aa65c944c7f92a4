import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError, type TensorSpec } from '../../core/index.js';
import { buildGraph, type Graph, type Step } from './graph.js';
import { measureDepths, type Plan, planSteps, Readiness, type Stage } from './plan.js';

function spec(name: string): TensorSpec {
  return { name, datatype: 'FP32', shape: [1], batchAxis: null, optional: false };
}

/** Steps by what they read; each writes one tensor, named like its model. `in` is the ensemble's input. */
function graphOf(steps: Readonly<Record<string, readonly string[]>>, outputs: readonly string[]): Graph {
  const options = Object.entries(steps).map(([model, reads]) => ({
    model,
    version: undefined,
    inputs: Object.fromEntries(reads.map((tensor, index) => [`x${index}`, tensor])),
    outputs: { y: model },
  }));
  return buildGraph(options, { inputs: [spec('in')], outputs: outputs.map(spec) });
}

function planOf(graph: Graph, wanted?: readonly string[], decoupled: readonly string[] = []): Plan {
  const isDecoupled = (step: Step) => decoupled.includes(step.model);
  return planSteps(graph, { depths: measureDepths(graph, isDecoupled), isDecoupled, wanted });
}

function show({ stages }: Plan): readonly string[] {
  return stages.map(({ steps, decoupled }) =>
    [...steps.map(({ step }) => step.model), ...(decoupled === undefined ? [] : [`(${decoupled.step.model})`])].join(
      ' ',
    ),
  );
}

const DIAMOND = { first: ['in'], left: ['first'], right: ['first'], join: ['left', 'right'] };

describe('planSteps', () => {
  it('runs only what the wanted outputs need', () => {
    const graph = graphOf(DIAMOND, ['join', 'left']);
    expect(show(planOf(graph))).toEqual(['first left right join']);
    expect(show(planOf(graph, ['left']))).toEqual(['first left']);
    expect(show(planOf(graphOf({ a: ['in'] }, ['a', 'in']), ['in']))).toEqual(['']);
  });

  it('asks a model only for outputs that somebody wants', () => {
    const options = [{ model: 'm', version: undefined, inputs: { x: 'in' }, outputs: { y: 'a', z: 'b' } }];
    const graph = buildGraph(options, { inputs: [spec('in')], outputs: [spec('a'), spec('b')] });
    expect(planOf(graph).stages[0]?.steps[0]?.outputs).toEqual(['y', 'z']);
    expect(planOf(graph, ['b']).stages[0]?.steps[0]?.outputs).toEqual(['z']);
  });

  it('cuts the graph behind each decoupled step', () => {
    const graph = graphOf({ a: ['in'], b: ['a'], c: ['b', 'a'], d: ['c'], e: ['d', 'a'] }, ['e']);
    expect(show(planOf(graph, undefined, ['b', 'd']))).toEqual(['a (b)', 'c (d)', 'e']);
    expect(show(planOf(graph, undefined, ['e']))).toEqual(['a b c d (e)', '']);
  });

  it('leaves a decoupled step out that no wanted output needs', () => {
    expect(show(planOf(graphOf({ a: ['in'], b: ['a'] }, ['a', 'b']), ['a'], ['b']))).toEqual(['a']);
  });

  it.each<[string, Readonly<Record<string, readonly string[]>>, readonly string[]]>([
    [
      "step 2 (model 'c') depends on step 0 (model 'a') and on step 1 (model 'b'), which both give any number of answers; only one line of such steps is possible",
      { a: ['in'], b: ['in'], c: ['a', 'b'] },
      ['c'],
    ],
    [
      "the outputs depend on step 0 (model 'a') and on step 1 (model 'b'), which both give any number of answers; only one line of such steps is possible",
      { a: ['in'], b: ['in'] },
      ['a', 'b'],
    ],
  ])('refuses: %s', (message, steps, outputs) => {
    expect(() => planOf(graphOf(steps, outputs), undefined, ['a', 'b'])).toThrow(
      new MillraceError('invalid_argument', `ensemble: ${message}`),
    );
  });
});

describe('Readiness', () => {
  it('lets both branches of a diamond run at once, and what joins them when both have', () => {
    const [stage] = planOf(graphOf(DIAMOND, ['join'])).stages as [Stage];
    const readiness = new Readiness(stage);
    const [first, left, right] = stage.steps as [Stage['steps'][0], Stage['steps'][0], Stage['steps'][0]];
    expect(readiness.first()).toEqual([first]);
    expect(readiness.after(first)).toEqual([left, right]);
    expect(readiness.after(right)).toEqual([]);
    expect(readiness.after(left).map(({ step }) => step.model)).toEqual(['join']);
  });

  it('counts a tensor twice that a step reads twice', () => {
    const [stage] = planOf(graphOf({ a: ['in'], b: ['a', 'a', 'in'] }, ['b'])).stages as [Stage];
    const readiness = new Readiness(stage);
    const [a] = readiness.first();
    expect(readiness.after(a as Stage['steps'][0]).map(({ step }) => step.model)).toEqual(['b']);
  });

  it('runs every needed step exactly once and never before what it reads, in whatever order the models answer', () => {
    const steps = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), fc.nat(), (reads, choices, goal) => {
        const names = reads.map((_, index) => `s${index}`);
        const sources = ['in', ...names];
        // What nobody reads would be refused, so all of it is an output; only one of them is wanted.
        const entries = reads.map((list, index) => [names[index], list.map((pick) => sources[pick % (index + 1)])]);
        const graph = graphOf({ ...Object.fromEntries(entries), reader: ['in'] }, [...names, 'reader']);
        const wanted = names[goal % names.length] as string;
        const [stage] = planOf(graph, [wanted]).stages as [Stage];
        const readiness = new Readiness(stage);
        const running = [...readiness.first()];
        const written = new Set<number>(graph.inputs.map(({ slot }) => slot));
        const ran: string[] = [];
        for (let turn = 0; running.length > 0; turn++) {
          const [next] = running.splice((choices[turn % choices.length] as number) % running.length, 1);
          const done = next as Stage['steps'][0];
          expect(done.step.inputs.every(({ slot }) => written.has(slot))).toBe(true);
          ran.push(done.step.model);
          for (const { slot } of done.step.outputs) written.add(slot);
          running.push(...readiness.after(done));
        }
        expect(ran.toSorted()).toEqual(stage.steps.map(({ step }) => step.model).toSorted());
        expect(new Set(ran).size).toBe(ran.length);
        expect(ran.at(-1)).toBe(wanted);
      }),
    );
  });
});
