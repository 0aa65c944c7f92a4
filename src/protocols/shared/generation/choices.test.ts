import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { fakeResolved } from '../../../../test/support/fake-service.js';
import { NO_TIMING } from '../../../../test/support/no-timing.js';
import { principalWith } from '../../../../test/support/principals.js';
import { serviceOf } from '../../../../test/support/service-of.js';
import { Call, type GenerationParameters, MillraceError, NO_PARAMETERS } from '../../../core/index.js';
import { textPrompt } from '../../../generation/index.js';
import { Choices } from './choices.js';

const MISMATCH = new MillraceError('internal', 'the answer does not match', { reason: 'schema_mismatch' });
const GENERATE = { contextTokens: 64, maxOutputTokens: 64, chat: true };

/** `answers`: a text each, or why there is none. */
function ask(answers: readonly (string | MillraceError)[], parameters: GenerationParameters, schemaRetries?: number) {
  const clock = new FakeClock();
  const left = [...answers];
  const asked: (GenerationParameters | undefined)[] = [];
  const service = serviceOf({
    readyModels: () => [],
    resolve: () => fakeResolved({ name: 'm', version: undefined }, { tasks: { generate: GENERATE } }),
    infer: async (_, __, { generation }) => {
      asked.push(generation);
      const answer = left.shift();
      if (answer instanceof MillraceError) throw answer;
      const ref = { name: 'm', version: 1, generation: 1 };
      const delta = { text: answer ?? '' };
      return {
        kind: 'one',
        timing: NO_TIMING,
        response: { ref, id: '', outputs: [], parameters: NO_PARAMETERS, delta },
      };
    },
  });
  const call = new Call({
    requestId: 'r',
    principal: principalWith('tester', 'caller'),
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const context = { service, clock, ...(schemaRetries === undefined ? {} : { schemaRetries }) };
  const choices = new Choices(context, call, { model: 'm', prompts: [textPrompt('And')], parameters, places: {} });
  return { choices, asked };
}

describe('a whole answer that does not match its schema', () => {
  it('is generated again, with another seed, and not at a temperature of 0', async () => {
    const { choices, asked } = ask([MISMATCH, 'right'], { temperature: 0, seed: 7, maxTokens: 5 }, 1);
    expect(await choices.only()).toMatchObject({ delta: { text: 'right' } });
    expect(asked).toEqual([
      { temperature: 0, seed: 7, maxTokens: 5 },
      { temperature: 1, seed: expect.any(Number), maxTokens: 5 },
    ]);
    expect(asked[1]?.seed).not.toBe(7);
  });

  it('is not generated a third time', async () => {
    const { choices, asked } = ask([MISMATCH, MISMATCH, 'right'], {}, 1);
    await expect(choices.only()).rejects.toMatchObject({ reason: 'schema_mismatch' });
    expect(asked).toEqual([{}, {}]);
  });

  it('is not generated again without the setting', async () => {
    const { choices, asked } = ask([MISMATCH, 'right'], {});
    await expect(choices.only()).rejects.toMatchObject({ reason: 'schema_mismatch' });
    expect(asked).toHaveLength(1);
  });
});

it('an answer that fails otherwise is not generated again', async () => {
  const { choices, asked } = ask([new MillraceError('internal', 'the runner is gone'), 'right'], {}, 1);
  await expect(choices.only()).rejects.toMatchObject({ message: 'the runner is gone' });
  expect(asked).toHaveLength(1);
});
