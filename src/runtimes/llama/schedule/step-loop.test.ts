import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import type { MillraceError } from '../../../core/index.js';
import { type BatchEntry, type Evaluator, StepLoop, type StepLoopOptions, type Task } from './step-loop.js';

const OPTIONS: StepLoopOptions = { prefillTokens: 4, reuse: true, alone: false };
type Outcome = Awaited<ReturnType<Evaluator['evaluate']>>;

/** What comes behind tokens; every one of them counts. */
const successor = (tokens: readonly number[]): number =>
  tokens.reduce((hash, token) => (hash * 31 + token + 7) % 1_009, 17) % 50;

const answerTo = (prompt: readonly number[], count: number): number[] => {
  const tokens = [...prompt];
  for (let index = 0; index < count; index++) tokens.push(successor(tokens));
  return tokens.slice(prompt.length);
};

/** Remembers tokens as a model does, and refuses what does not fit behind them. */
class FakeEvaluator implements Evaluator {
  readonly slots: number;
  readonly contextTokens = 64;
  readonly batchTokens = 16;
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

  constructor(slots: number, { forgetsParts = true } = {}) {
    this.slots = slots;
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
  readonly prompt: readonly number[];
  readonly count?: number;
  readonly salt?: string;
  readonly readsPrompt?: boolean;
}

class FakeTask implements Task {
  readonly readsPrompt: boolean;
  /** What follows each token of the prompt, by place. */
  readonly read: number[] = [];
  readonly prompt: readonly number[];
  readonly salt: string;
  cancelled = false;
  full: Promise<void> | undefined;
  cachedTokens: number | undefined;
  error: MillraceError | undefined;
  readonly answer: number[] = [];
  readonly ended: Promise<void>;
  onToken: () => void = () => undefined;
  readonly #count: number;
  readonly #evaluator: FakeEvaluator;
  #end: () => void = () => undefined;

  constructor(evaluator: FakeEvaluator, { prompt, count = 3, salt = '', readsPrompt = false }: TaskOptions) {
    this.readsPrompt = readsPrompt;
    this.#evaluator = evaluator;
    this.prompt = prompt;
    this.salt = salt;
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

  next(index: number): number | undefined {
    const token = this.#evaluator.chosen(index);
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

function setUp(slots = 2, options: Partial<StepLoopOptions> = {}) {
  const evaluator = new FakeEvaluator(slots);
  const loop = new StepLoop(evaluator, { ...OPTIONS, ...options });
  const submit = (prompt: readonly number[], more: Omit<TaskOptions, 'prompt'> = {}) => {
    const task = new FakeTask(evaluator, { prompt, ...more });
    loop.submit(task);
    return task;
  };
  return { evaluator, loop, submit };
}

const range = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);

describe('StepLoop', () => {
  it('evaluates the prompt, then a token at a time', async () => {
    const { evaluator, submit } = setUp();
    const task = submit([1, 2, 3]);
    await task.ended;
    expect(task.answer).toEqual(answerTo([1, 2, 3], 3));
    expect(evaluator.steps.map((step) => step.get(0) ?? step.get(1))).toEqual([3, 1, 1]);
  });

  it('takes parts of a prompt beside what is generated', async () => {
    const { evaluator, submit } = setUp();
    const first = submit([1], { count: 8 });
    let second: FakeTask | undefined;
    first.onToken = () => {
      second ??= submit(range(10, 20));
    };
    await first.ended;
    await second?.ended;
    expect(second?.answer).toEqual(answerTo(range(10, 20), 3));
    expect(evaluator.steps.slice(1, 5).map((step) => Math.max(...step.values()))).toEqual([4, 4, 2, 1]);
  });

  it('evaluates each by itself in turn, and prompts in the same parts, where nothing may depend on others', async () => {
    const alone = async (...prompts: readonly (readonly number[])[]) => {
      const { evaluator, submit } = setUp(3, { alone: true, reuse: false });
      const tasks = prompts.map((prompt) => submit(prompt));
      await Promise.all(tasks.map(({ ended }) => ended));
      expect(tasks.map(({ answer }) => answer)).toEqual(prompts.map((prompt) => answerTo(prompt, 3)));
      return evaluator.steps.map((step) => [...step].flat());
    };
    const [one, two, three] = [range(6), range(3), [7]] as const;
    expect(await alone(one)).toEqual([4, 2, 1, 1].map((tokens) => [0, tokens]));
    expect(await alone(one, two, three)).toEqual([
      [0, 4],
      [1, 3],
      [2, 1],
      [0, 2],
      [1, 1],
      [2, 1],
      [0, 1],
      [1, 1],
      [2, 1],
      [0, 1],
    ]);
  });

  it('uses what a slot holds again', async () => {
    const { submit } = setUp();
    const first = submit(range(9));
    await first.ended;
    const second = submit([...range(9), ...answerTo(range(9), 2), 5]);
    await second.ended;
    expect([first.cachedTokens, second.cachedTokens]).toEqual([0, 11]);
    expect(second.answer).toEqual(answerTo(second.prompt, 3));
  });

  it('does not use it for others', async () => {
    const { submit } = setUp(1);
    await submit(range(9), { salt: 'a' }).ended;
    const second = submit(range(9), { salt: 'b' });
    await second.ended;
    expect(second.cachedTokens).toBe(0);
  });

  it('copies from a slot that goes on', async () => {
    const { evaluator, submit } = setUp(2, { prefillTokens: 16 });
    const first = submit(range(48), { count: 12 });
    let second: FakeTask | undefined;
    first.onToken = () => {
      second ??= submit([...range(48), 3]);
    };
    await first.ended;
    await second?.ended;
    expect(evaluator.copies).toBe(1);
    expect(second?.cachedTokens).toBe(48);
    expect(second?.answer).toEqual(answerTo([...range(48), 3], 3));
  });

  it('evaluates the beginning of several prompts once', async () => {
    const { evaluator, submit } = setUp(3);
    const tasks = [1, 2, 3].map((last) => submit([...range(48), last]));
    await Promise.all(tasks.map(({ ended }) => ended));
    expect(tasks.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 32, 32]);
    expect(tasks.map(({ answer }) => answer)).toEqual([1, 2, 3].map((last) => answerTo([...range(48), last], 3)));
    expect(evaluator.steps.flatMap((step) => [...step.values()]).reduce((sum, tokens) => sum + tokens, 0)).toBe(
      49 + 2 * 17 + 6,
    );
  });

  it('hands out the logits of a whole prompt, a few at a time, whatever slots hold', async () => {
    const { evaluator, submit } = setUp();
    const prompt = range(40);
    await submit(prompt).ended;
    const before = evaluator.steps.length;
    const reader = submit(prompt, { readsPrompt: true });
    await reader.ended;
    expect(reader.cachedTokens).toBe(0);
    expect(reader.read).toEqual(prompt.map((_, index) => successor(prompt.slice(0, index + 1))));
    expect(reader.answer).toEqual(answerTo(prompt, 3));
    expect(evaluator.steps.slice(before, before + 3).map((step) => Math.max(...step.values()))).toEqual([16, 16, 8]);
  });

  it('lets those wait for whom there is no slot', async () => {
    const { loop, submit } = setUp(1);
    const tasks = [submit([1]), submit([2]), submit([3])];
    expect([loop.busySlots, loop.waitingTasks]).toEqual([1, 2]);
    await Promise.all(tasks.map(({ ended }) => ended));
    expect(tasks.map(({ answer }) => answer)).toEqual([answerTo([1], 3), answerTo([2], 3), answerTo([3], 3)]);
  });

  it('leaves out who has no room, and goes on when there is', async () => {
    const { submit } = setUp();
    const first = submit([1], { count: 5 });
    const other = submit([2], { count: 9 });
    let room: () => void = () => undefined;
    first.onToken = () => {
      if (first.answer.length !== 2) return;
      first.full = new Promise((resolve) => {
        room = () => {
          first.full = undefined;
          resolve();
        };
      });
    };
    await other.ended;
    expect(first.answer).toHaveLength(2);
    room();
    await first.ended;
    expect(first.answer).toEqual(answerTo([1], 5));
  });

  it('ends a cancelled one before the next step', async () => {
    const { evaluator, loop, submit } = setUp();
    const task = submit([1], { count: 100 });
    const other = submit([2], { count: 6 });
    task.onToken = () => {
      if (task.answer.length !== 2) return;
      task.cancelled = true;
      loop.notify();
    };
    await task.ended;
    expect(task.error).toMatchObject({ code: 'cancelled', message: 'the request was cancelled' });
    const steps = evaluator.steps.length;
    await other.ended;
    expect(evaluator.steps.slice(steps).every((step) => step.size === 1)).toBe(true);
    expect(other.answer).toEqual(answerTo([2], 6));
  });

  it('ends a cancelled one that waits for room, or for a slot', async () => {
    const { loop, submit } = setUp(1);
    const task = submit([1], { count: 100 });
    const waiting = submit([2]);
    task.onToken = () => {
      task.full ??= new Promise(() => undefined);
    };
    await until('its reader has no room', () => task.full !== undefined);
    for (const each of [waiting, task]) {
      each.cancelled = true;
      loop.notify();
      await each.ended;
      expect(each.error?.code).toBe('cancelled');
    }
    expect(loop.busySlots).toBe(0);
  });

  it('finds the one that spoils an evaluation, and goes on with the others', async () => {
    const { evaluator, submit } = setUp(3);
    evaluator.poison = 666;
    const tasks = [submit([1, 2]), submit([3, 666]), submit([4, 5])];
    await Promise.all(tasks.map(({ ended }) => ended));
    expect(tasks[0]?.answer).toEqual(answerTo([1, 2], 3));
    expect(tasks[1]?.error).toMatchObject({
      code: 'internal',
      message: 'llama.cpp did not evaluate the sequence (failed)',
    });
    expect(tasks[2]?.answer).toEqual(answerTo([4, 5], 3));
  });

  it('ends all when it is closed', async () => {
    const { loop, submit } = setUp(1);
    const tasks = [submit([1], { count: 1_000 }), submit([2])];
    await new Promise(setImmediate);
    await loop.close();
    for (const task of tasks)
      expect(task.error).toMatchObject({ code: 'unavailable', message: 'the model is being closed' });
  });

  it('gives everybody the answer that he would have alone, whatever happens beside', async () => {
    const script = fc.record({
      prompt: fc.array(fc.nat(2), { minLength: 1, maxLength: 40 }),
      count: fc.integer({ min: 1, max: 12 }),
      salt: fc.constantFrom('a', 'b'),
      readsPrompt: fc.boolean(),
      cancelAfter: fc.option(fc.nat(6), { nil: undefined }),
    });
    const outcomes = fc.array(fc.constantFrom<Outcome>('done', 'done', 'aborted', 'failed'), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(script, { minLength: 1, maxLength: 8 }),
        outcomes,
        fc.boolean(),
        async (scripts, given, forgetsParts) => {
          const evaluator = new FakeEvaluator(3, { forgetsParts });
          evaluator.outcomes.push(...given);
          const loop = new StepLoop(evaluator, OPTIONS);
          const tasks = scripts.map(({ prompt, count, salt, readsPrompt, cancelAfter }) => {
            const task = new FakeTask(evaluator, { prompt, count, salt, readsPrompt });
            task.onToken = () => {
              if (task.answer.length - 1 !== cancelAfter) return;
              task.cancelled = true;
              loop.notify();
            };
            loop.submit(task);
            return task;
          });
          await Promise.all(tasks.map(({ ended }) => ended));
          for (const [index, task] of tasks.entries()) {
            const { prompt = [], count = 0 } = scripts[index] ?? {};
            expect(answerTo(prompt, count).slice(0, task.answer.length)).toEqual(task.answer);
            if (task.error !== undefined) continue;
            expect(task.answer).toHaveLength(count);
            const follows = prompt.map((_, at) => successor(prompt.slice(0, at + 1)));
            expect(task.read).toEqual(task.readsPrompt ? follows : []);
          }
          expect([loop.busySlots, loop.waitingTasks]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
