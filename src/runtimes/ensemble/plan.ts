import { type Message, msg } from '../../core/index.js';
import { describeStep, type Graph, refuse, type Step } from './graph.js';

/** A step as one request needs it. */
export interface PlannedStep {
  readonly step: Step;
  /** Names of the model's outputs that are needed. */
  readonly outputs: readonly string[];
}

/**
 * What runs between two decoupled steps: plain steps as soon as their inputs are there, then the decoupled one, each of
 * whose answers drives the stage behind it.
 */
export interface Stage {
  readonly steps: readonly PlannedStep[];
  /** Inputs that other steps of the stage write, by position in `steps`. */
  readonly waits: readonly number[];
  /** Positions of the steps that read a tensor, by its slot; twice where a step reads it twice. */
  readonly readers: ReadonlyMap<number, readonly number[]>;
  readonly decoupled: PlannedStep | undefined;
}

/** What one request runs: only what its wanted outputs need. */
export interface Plan {
  readonly stages: readonly Stage[];
  readonly outputs: Graph['outputs'];
}

/** How deep behind decoupled steps each step lies, by step index. */
export type Depths = readonly number[];

/**
 * Finds out which steps run once for every answer of which decoupled steps. Throws `invalid_argument` where a step, or
 * the request's answer, would have to wait for the answers of two that know nothing of each other.
 */
export function measureDepths(graph: Graph, isDecoupled: (step: Step) => boolean): Depths {
  const pathsOfTensors: (readonly Step[])[] = graph.tensors.map(() => []);
  const depths: number[] = graph.steps.map(() => 0);
  for (const index of graph.order) {
    const step = graph.steps[index] as Step;
    const path = longestPath(
      step.inputs.map(({ slot }) => pathsOfTensors[slot] ?? []),
      msg`${describeStep(step)} depends`,
    );
    depths[index] = path.length;
    for (const { slot } of step.outputs) pathsOfTensors[slot] = isDecoupled(step) ? [...path, step] : path;
  }
  longestPath(
    graph.outputs.map(({ slot }) => pathsOfTensors[slot] ?? []),
    'the outputs depend',
  );
  return depths;
}

function longestPath(paths: readonly (readonly Step[])[], who: string | Message): readonly Step[] {
  let longest: readonly Step[] = [];
  for (const path of paths) {
    const [short, long] = path.length > longest.length ? [longest, path] : [path, longest];
    const parting = short.findIndex((step, position) => step !== long[position]);
    if (parting !== -1) {
      const [one, other] = [longest[parting] as Step, path[parting] as Step];
      throw refuse(
        msg`${who} on ${describeStep(one)} and on ${describeStep(other)}, which both give any number of answers; only one line of such steps is possible`,
      );
    }
    longest = long;
  }
  return longest;
}

export interface PlanOptions {
  readonly depths: Depths;
  readonly isDecoupled: (step: Step) => boolean;
  /** Names of the ensemble's outputs; undefined = all. */
  readonly wanted: readonly string[] | undefined;
}

/** Leaves out every step that none of the wanted outputs needs. */
export function planSteps(graph: Graph, { depths, isDecoupled, wanted }: PlanOptions): Plan {
  const outputs = wanted === undefined ? graph.outputs : graph.outputs.filter(({ spec }) => wanted.includes(spec.name));
  const needed = graph.tensors.map(() => false);
  for (const { slot } of outputs) needed[slot] = true;
  const planned: PlannedStep[] = [];
  for (const index of graph.order.toReversed()) {
    const step = graph.steps[index] as Step;
    const names = step.outputs.filter(({ slot }) => needed[slot]).map(({ name }) => name);
    if (names.length === 0) continue;
    planned.push({ step, outputs: names });
    for (const { slot } of step.inputs) needed[slot] = true;
  }
  planned.reverse();
  const decoupled = planned.filter(({ step }) => isDecoupled(step));
  // Behind each decoupled step there is another stage.
  const stages = [...decoupled, undefined].map((last, depth) => {
    const steps = planned.filter((item) => depths[item.step.index] === depth && !isDecoupled(item.step));
    return { steps, ...linkSteps(steps), decoupled: last };
  });
  return { stages, outputs };
}

function linkSteps(steps: readonly PlannedStep[]): Pick<Stage, 'waits' | 'readers'> {
  const written = new Set(steps.flatMap(({ step }) => step.outputs.map(({ slot }) => slot)));
  const readers = new Map<number, number[]>();
  const waits = steps.map(({ step }, position) => {
    const awaited = step.inputs.filter(({ slot }) => written.has(slot));
    for (const { slot } of awaited) readers.set(slot, [...(readers.get(slot) ?? []), position]);
    return awaited.length;
  });
  return { waits, readers };
}

/** Which steps of a stage may start: told what has run, it says what that makes ready. Each step once. */
export class Readiness {
  readonly #stage: Stage;
  readonly #waits: number[];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#waits = [...stage.waits];
  }

  /** Steps that wait for no other step of the stage. */
  first(): readonly PlannedStep[] {
    return this.#stage.steps.filter((_, position) => this.#stage.waits[position] === 0);
  }

  /** Steps that waited for nothing else than what `step` has just written. */
  after({ step }: PlannedStep): readonly PlannedStep[] {
    const ready: PlannedStep[] = [];
    for (const { slot } of step.outputs) {
      for (const position of this.#stage.readers.get(slot) ?? []) {
        const left = (this.#waits[position] as number) - 1;
        this.#waits[position] = left;
        if (left === 0) ready.push(this.#stage.steps[position] as PlannedStep);
      }
    }
    return ready;
  }
}
