import { expect } from 'vitest';
import type { MillraceError } from '../../src/core/index.js';
import type { BatchEntry, Evaluator } from '../../src/runtimes/llama/schedule/evaluator.js';
import type { Task } from '../../src/runtimes/llama/schedule/slot.js';
import { StepLoop, type StepLoopOptions } from '../../src/runtimes/llama/schedule/step-loop.js';

export const OPTIONS: StepLoopOptions = { prefillTokens: 4, reuse: true, alone: false, threadMs: () => 0 };
export type Outcome = Awaited<ReturnType<Evaluator['evaluate']>>;

/** What comes behind tokens; every one of them counts. */
export const successor = (tokens: readonly number[]): number =>
  tokens.reduce((hash, token) => (hash * 31 + token + 7) % 1_009, 17) % 50;

export const answerTo = (prompt: readonly number[], count: number): number[] => {
  const tokens = [...prompt];
  for (let index = 0; index < count; index++) tokens.push(successor(tokens));
  return tokens.slice(prompt.length);
};

/** Remembers tokens as a model does, and refuses what does not fit behind them. */
export class FakeEvaluator implements Evaluator {
  readonly slots: number;
  readonly contextTokens: number = 64;
  readonly cacheTokens: number;
  readonly batchTokens: number = 16;
  /** Tokens of each evaluation, by slot. */
  readonly steps: ReadonlyMap<number, number>[] = [];
  /** How evaluations end; 'done' where nothing is said. */
  readonly outcomes: Outcome[] = [];
  /** An evaluation with this token fails. */
  poison = -1;
  copies = 0;
  aborts = 0;
  beforeEvaluation: () => void = () => undefined;
  readonly #held: number[][];
  #batch: { readonly token: number; readonly slot: number; readonly wantsLogits: boolean }[] = [];
  #logits: (number | undefined)[] = [];
  readonly #forgetsParts: boolean;

  constructor(slots: number, { forgetsParts = true, cacheTokens = slots * 64 } = {}) {
    this.slots = slots;
    this.cacheTokens = cacheTokens;
    this.#held = Array.from({ length: slots }, () => []);
    this.#forgetsParts = forgetsParts;
  }

  add({ token, position, slot, wantsLogits }: BatchEntry): number {
    const before = this.#tokensOf(slot).length + this.#batch.filter((entry) => entry.slot === slot).length;
    expect(position).toBe(before);
    expect(position).toBeLessThan(this.contextTokens);
    expect(this.#batch.length).toBeLessThan(this.batchTokens);
    return this.#batch.push({ token, slot, wantsLogits }) - 1;
  }

  async evaluate(): Promise<Outcome> {
    const batch = this.#batch;
    this.#batch = [];
    this.steps.push(new Map(batch.map(({ slot }) => [slot, batch.filter((entry) => entry.slot === slot).length])));
    await new Promise(setImmediate);
    this.beforeEvaluation();
    const isPoisoned = batch.some(({ token }) => token === this.poison);
    const outcome = isPoisoned ? 'failed' : (this.outcomes.shift() ?? 'done');
    this.#logits = batch.map(({ token, slot, wantsLogits }, index) => {
      // What has failed may have come half the way.
      if (outcome !== 'done' && index > batch.length / 2) return undefined;
      const held = this.#tokensOf(slot);
      held.push(token);
      expect(this.#held.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(this.cacheTokens);
      return wantsLogits ? successor(held) : undefined;
    });
    return outcome;
  }

  /** What a task chooses by logits. */
  chosen(index: number): number {
    expect(this.#logits[index]).toBeDefined();
    return this.#logits[index] ?? -1;
  }

  #tokensOf(slot: number): number[] {
    return this.#held[slot] ?? [];
  }

  abort(): void {
    this.aborts++;
    this.outcomes.unshift('aborted');
  }

  truncate(slot: number, length: number): boolean {
    const held = this.#tokensOf(slot);
    const partly = this.#forgetsParts || length >= held.length;
    this.#held[slot] = partly ? held.slice(0, length) : [];
    return partly;
  }

  copy(source: number, target: number): void {
    this.copies++;
    this.#held[target] = [...this.#tokensOf(source)];
  }
}

interface TaskOptions {
  /** How often each token is put off before it is chosen. */
  readonly postpones?: number;
  readonly prompt: readonly number[];
  readonly count?: number;
  readonly salt?: string;
  readonly readsPrompt?: boolean;
}

export class FakeTask implements Task {
  readonly readsPrompt: boolean;
  /** What follows each token of the prompt, by place. */
  readonly read: number[] = [];
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly salt: string;
  cancelled = false;
  full: Promise<void> | undefined;
  cachedTokens: number | undefined;
  error: MillraceError | undefined;
  readonly answer: number[] = [];
  readonly ended: Promise<void>;
  onToken: () => void = () => undefined;
  /** Until when it might choose, each time. */
  readonly shares: number[] = [];
  readonly #postpones: number;
  #left = 0;
  #logit = -1;
  readonly #count: number;
  readonly #evaluator: FakeEvaluator;
  #end: () => void = () => undefined;

  constructor(
    evaluator: FakeEvaluator,
    { prompt, count = 3, salt = '', readsPrompt = false, postpones = 0 }: TaskOptions,
  ) {
    this.#postpones = postpones;
    this.readsPrompt = readsPrompt;
    this.#evaluator = evaluator;
    this.prompt = prompt;
    this.salt = salt;
    // Some are given more tokens than a context has, to be cancelled.
    this.maxTokens = Math.min(count, evaluator.contextTokens - prompt.length);
    this.#count = count;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin(cachedTokens: number): void {
    this.cachedTokens = cachedTokens;
  }

  readPrompt(from: number, indices: readonly number[]): void {
    for (const [offset, index] of indices.entries()) this.read[from + offset] = this.#evaluator.chosen(index);
  }

  next(index: number, untilMs: number): number | 'later' | undefined {
    this.#logit = this.#evaluator.chosen(index);
    this.#left = this.#postpones;
    return this.resume(untilMs);
  }

  resume(untilMs: number): number | 'later' | undefined {
    this.shares.push(untilMs);
    if (this.#left-- > 0) return 'later';
    const token = this.#logit;
    this.answer.push(token);
    this.onToken();
    if (this.answer.length < this.#count) return token;
    this.#end();
    return undefined;
  }

  fail(error: MillraceError): void {
    this.error = error;
    this.#end();
  }
}

export function setUp(slots = 2, { cacheTokens, ...options }: Partial<StepLoopOptions & { cacheTokens: number }> = {}) {
  const evaluator = new FakeEvaluator(slots, cacheTokens === undefined ? {} : { cacheTokens });
  const loop = new StepLoop(evaluator, { ...OPTIONS, ...options });
  const submit = (prompt: readonly number[], more: Omit<TaskOptions, 'prompt'> = {}) => {
    const task = new FakeTask(evaluator, { prompt, ...more });
    loop.submit(task);
    return task;
  };
  return { evaluator, loop, submit };
}

export const range = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
