import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerTo,
  FakeEvaluator,
  FakeTask,
  OPTIONS,
  type Outcome,
  range,
  setUp,
  successor,
} from '../../../../test/support/step-loop-fixture.js';
import { until } from '../../../../test/support/until.js';
import { StepLoop } from './step-loop.js';

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

  it('a short prompt waits for a part of long ones, however many there are', async () => {
    const { evaluator, submit } = setUp(3);
    const long = [0, 100].map((from) => submit(range(50, from), { count: 1 }));
    let short: FakeTask | undefined;
    evaluator.beforeEvaluation = () => {
      short ??= submit([200, 201], { count: 2 });
    };
    await Promise.all(long.map(({ ended }) => ended));
    const tokens = evaluator.steps.slice(0, 3).map((step) => [step.get(0) ?? 0, step.get(1) ?? 0, step.get(2) ?? 0]);
    expect(tokens).toEqual([
      [4, 0, 0],
      [2, 0, 2],
      [4, 0, 1],
    ]);
    expect(short?.answer).toEqual(answerTo([200, 201], 2));
    expect(long.map(({ answer }) => answer)).toEqual([0, 100].map((from) => answerTo(range(50, from), 1)));
  });

  it('a long prompt has every fourth step, however many short ones come', async () => {
    const { evaluator, submit } = setUp(3);
    const next = (number: number) => {
      if (ended) return;
      submit(range(5, 1 + number * 7), { count: 1, salt: String(number) }).onToken = () => next(number + 2);
    };
    let ended = false;
    const long = submit(range(40), { count: 1 });
    next(1);
    next(2);
    await long.ended;
    ended = true;
    expect(long.answer).toEqual(answerTo(range(40), 1));
    expect(evaluator.steps.length).toBeLessThanOrEqual(4 * 10);
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

  it('goes on with others while a token takes long to choose', async () => {
    const { evaluator, submit } = setUp();
    const slow = submit([1, 2], { postpones: 3 });
    const other = submit([3, 4], { count: 6 });
    await Promise.all([slow.ended, other.ended]);
    expect([slow.answer, other.answer]).toEqual([answerTo([1, 2], 3), answerTo([3, 4], 6)]);
    // The slow one is in every fourth evaluation, until it is alone.
    expect(evaluator.steps.slice(0, 6).map((step) => step.has(0))).toEqual([true, false, false, true, false, false]);
  });

  it('divides the time of a step among those whose tokens take long to choose', async () => {
    const { submit } = setUp(3);
    const slow = [1, 2].map((token) => submit([token], { postpones: 2, count: 1 }));
    await Promise.all(slow.map(({ ended }) => ended));
    expect(slow.map(({ shares }) => shares)).toEqual([
      [25, 12.5, 12.5],
      [25, 25, 25],
    ]);
  });

  it('frees the slot of one that is cancelled while its token is chosen', async () => {
    const { loop, submit } = setUp(1);
    const slow = submit([1], { postpones: 1_000_000 });
    await until('its token is being chosen', () => slow.shares.length > 2);
    slow.cancelled = true;
    loop.notify();
    const next = submit([2]);
    await next.ended;
    expect([slow.error?.code, next.answer]).toEqual(['cancelled', answerTo([2], 3)]);
    await loop.close();
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
    const { evaluator, submit } = setUp(3, { prefillTokens: 16 });
    const tasks = [1, 2, 3].map((last) => submit([...range(48), last]));
    await Promise.all(tasks.map(({ ended }) => ended));
    expect(tasks.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 32, 32]);
    expect(tasks.map(({ answer }) => answer)).toEqual([1, 2, 3].map((last) => answerTo([...range(48), last], 3)));
    expect(evaluator.steps.flatMap((step) => [...step.values()]).reduce((sum, tokens) => sum + tokens, 0)).toBe(
      49 + 2 * 17 + 6,
    );
  });

  it('hands out the logits of a whole prompt, a few at a time, whatever slots hold', async () => {
    const { evaluator, submit } = setUp(2, { prefillTokens: 16 });
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
    const { evaluator, loop, submit } = setUp(1);
    const counts: (readonly number[])[] = [];
    evaluator.beforeEvaluation = () => counts.push([loop.slots.busy, loop.waitingTasks]);
    const tasks = [submit([1]), submit([2]), submit([3])];
    await Promise.all(tasks.map(({ ended }) => ended));
    expect(counts[0]).toEqual([1, 2]);
    expect(tasks.map(({ answer }) => answer)).toEqual([answerTo([1], 3), answerTo([2], 3), answerTo([3], 3)]);
  });

  it('lets those wait in their order for whom there are no cells, and forgets what is only kept', async () => {
    const { evaluator, loop, submit } = setUp(4, { cacheTokens: 64 });
    await submit(range(40), { salt: 'kept' }).ended;
    const tasks = [20, 30, 25, 4].map((length, index) =>
      submit(range(length, 100 * index), { count: 8, salt: String(index) }),
    );
    const begun: string[] = [];
    evaluator.beforeEvaluation = () =>
      begun.push(tasks.map(({ cachedTokens }) => (cachedTokens === undefined ? '.' : 'b')).join(''));
    await Promise.all(tasks.map(({ ended }) => ended));
    for (const { prompt, answer } of tasks) expect(answer).toEqual(answerTo(prompt, 8));
    // The second does not fit beside the first. The fourth would, but has come later; it fits beside the third.
    expect([...new Set(begun)]).toEqual(['b...', 'bb..', 'bbbb']);
    expect(loop.slots.heldTokens).toBeLessThanOrEqual(64);
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
    expect(loop.slots.busy).toBe(0);
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

  it('fails one that it cannot begin, and forgets what its slot held', async () => {
    const { evaluator, submit } = setUp(1);
    await submit(range(9)).ended;
    const truncate = evaluator.truncate.bind(evaluator);
    evaluator.truncate = (slot) => {
      evaluator.truncate = truncate;
      truncate(slot, 0);
      throw new Error('broken');
    };
    const broken = submit(range(5));
    await broken.ended;
    expect(broken.error).toMatchObject({ code: 'internal', message: 'generating failed' });
    const next = submit(range(9));
    await next.ended;
    expect(next.answer).toEqual(answerTo(range(9), 3));
    expect(next.cachedTokens).toBe(0);
  });

  it('ends a step for a cancellation that has as many tokens as the part of a long prompt', async () => {
    class Large extends FakeEvaluator {
      override readonly contextTokens = 1_024;
      override readonly batchTokens = 512;
    }
    for (const [tokens, aborts] of [
      [600, 1],
      [100, 0],
    ] as const) {
      const evaluator = new Large(1, { cacheTokens: 1_024 });
      const loop = new StepLoop(evaluator, OPTIONS);
      const task = new FakeTask(evaluator, { prompt: range(tokens) });
      evaluator.beforeEvaluation = () => {
        task.cancelled = true;
        loop.notify();
        evaluator.beforeEvaluation = () => undefined;
      };
      loop.submit(task);
      await task.ended;
      expect([evaluator.aborts, task.error?.code]).toEqual([aborts, 'cancelled']);
      expect(evaluator.steps[0]?.get(0)).toBe(Math.min(128, tokens));
    }
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
        fc.record({ forgetsParts: fc.boolean(), cacheTokens: fc.constantFrom(64, 100, 192) }),
        async (scripts, given, options) => {
          const evaluator = new FakeEvaluator(3, options);
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
          expect([loop.slots.busy, loop.waitingTasks]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
