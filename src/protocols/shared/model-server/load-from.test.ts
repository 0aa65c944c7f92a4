import { expect, it } from 'vitest';
import { serviceOf } from '../../../../test/support/service-of.js';
import { type Call, MillraceError } from '../../../core/index.js';
import { RunnerDiedError } from '../../../runtimes/index.js';
import { loadFrom, OutOfMemoryError } from './load-from.js';

/** What a load that fails with an error is answered with. */
function answerTo(error: unknown): Promise<unknown> {
  const service = serviceOf({ loadModel: () => Promise.reject(error) });
  return loadFrom(service, {} as Call, { name: 'm', url: 'm' }).catch((thrown: unknown) => thrown);
}
const failed = (cause: unknown) => new MillraceError('invalid_argument', "model 'm' failed to load: why", { cause });

it.each([
  ['there is no room for its instances', new MillraceError('resource_exhausted', 'all are taken')],
  ['its runner used more memory than it may', new RunnerDiedError('gone', { started: true, overMemory: true })],
  ['the system ended its runner', new RunnerDiedError('gone', { started: true, outOfMemory: true })],
  ['its runtime says so', new MillraceError('internal', 'it failed', { reason: 'out_of_memory' })],
])('a load is out of memory where %s', async (_why, error) => {
  for (const thrown of [error, failed(error), failed(failed(error))]) {
    const answer = await answerTo(thrown);
    expect(answer).toBeInstanceOf(OutOfMemoryError);
    expect(answer).toMatchObject({ code: 'resource_exhausted', message: thrown.message, cause: thrown });
  }
});

it.each([
  ['whose message only speaks of it', new MillraceError('internal', 'out of memory')],
  ['whose runner is gone', new RunnerDiedError('gone', { started: true })],
  ['with a reason of another kind', new MillraceError('internal', 'x', { reason: 'context_length_exceeded' })],
  ['that is no error of ours', new Error('ENOMEM')],
])('a load is not out of memory by an error %s', async (_which, error) => {
  expect(await answerTo(error)).toBe(error);
});
