import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { finishedInference } from '../../../test/support/finished-inference.js';
import type { Reply } from '../../async/index.js';
import { MillraceError } from '../../core/index.js';
import { readInferences } from '../entries.js';
import { type AuditOptions, AuditOptionsSchema } from '../options.js';
import type { AppendRequest, WriterFault } from '../writing/messages.js';
import { MAX_WAITING } from './inference-buffer.js';
import { FileTrail } from './trail.js';

/** A thread that writes nothing until it is told to. */
class HaltedThread extends EventEmitter {
  requests: readonly AppendRequest[] = [];
  readonly ref = () => undefined;
  readonly unref = () => undefined;

  postMessage(message: readonly AppendRequest[]): void {
    this.requests = message;
  }

  /** All that was sent is written. */
  answer(): void {
    this.#reply({ output: 1 });
  }

  /** Nothing of what was sent is written. */
  fail(message: string): void {
    this.#reply({ fault: { code: 'unavailable', message, detail: undefined } });
  }

  #reply(reply: Reply<WriterFault>): void {
    this.emit(
      'message',
      this.requests.map(() => reply),
    );
  }
}

function start(given: Partial<AuditOptions>) {
  const clock = new FakeClock();
  const thread = new HaltedThread();
  const warnings: string[] = [];
  const options = Value.Default(AuditOptionsSchema, { inferences: 'metadata', ...given }) as AuditOptions;
  // What is asked of a thread.
  const trail = new FileTrail({
    options,
    clock,
    version: '0',
    warn: (message) => warnings.push(message),
    start: () => thread as unknown as Worker,
  });
  const infer = (count: number) => {
    for (let index = 0; index < count; index++) trail.infer(finishedInference(`r${index}`));
  };
  return { trail, clock, thread, infer, warnings };
}

const BEHIND = 'the audit trail cannot record further inferences for the moment; try again later';

describe('inferences that cannot be recorded as fast as they come', () => {
  it("are refused where 'audit.whenBehind' says so, until they can be", async () => {
    const { trail, clock, thread, infer } = start({ whenBehind: 'refuse' });
    infer(MAX_WAITING - 1);
    trail.checkInference('mlp');
    infer(1);
    expect(() => trail.checkInference('mlp')).toThrow(
      expect.objectContaining({ code: 'unavailable', message: BEHIND, retryAfterMs: 1_000 }),
    );
    await clock.advance(100);
    expect(() => trail.checkInference('mlp')).toThrow(BEHIND);
    thread.answer();
    await clock.flush();
    trail.checkInference('mlp');
  });

  it('are not refused where they would not be recorded', () => {
    const { trail, infer } = start({ whenBehind: 'refuse', models: ['mlp'] });
    infer(MAX_WAITING);
    trail.checkInference('cnn');
    expect(() => trail.checkInference('mlp')).toThrow(BEHIND);
  });

  it('leave no entry where they were refused for that', async () => {
    const { trail, clock, thread, infer } = start({ whenBehind: 'refuse' });
    infer(MAX_WAITING);
    try {
      trail.checkInference('mlp');
    } catch (error) {
      trail.infer(finishedInference('refused', { error: error as never }));
    }
    await clock.advance(100);
    const entries = thread.requests.flatMap((request) =>
      request.entries.map((entry) => JSON.parse(Buffer.from(entry).toString())),
    );
    expect(entries.flatMap((entry) => readInferences(entry) ?? [entry])).toHaveLength(MAX_WAITING);
  });

  it('are not refused by default, but left out, and it is recorded how many', async () => {
    const { trail, clock, thread, infer } = start({});
    infer(MAX_WAITING + 7);
    trail.checkInference('mlp');
    await clock.advance(100);
    const [dropped] = thread.requests.flatMap((request) => request.entries);
    expect(JSON.parse(String(dropped))).toMatchObject({ type: 'dropped', count: 7 });
    expect(thread.requests).toMatchObject([{ isDurable: false }]);
  });

  it('are told of in the log, once, where they cannot be written', async () => {
    const { clock, thread, infer, warnings } = start({});
    for (let round = 0; round < 3; round++) {
      infer(1);
      await clock.advance(1_000);
      thread.fail('the disk is full');
      await clock.flush();
    }
    expect(warnings).toEqual(['inferences could not be recorded: the disk is full']);
  });
});

describe('a refusal', () => {
  it('is recorded with its true code where the caller got not_found, so that nothing hidden is revealed', async () => {
    const { trail, clock, thread } = start({});
    const cause = new MillraceError('permission_denied', 'this needs the right model.infer on mlp');
    const error = new MillraceError('not_found', "model 'mlp' is not there", { cause });
    trail.refuse(finishedInference('r0').call, { action: 'model.infer', resource: 'mlp' }, error);
    await clock.flush();
    const [entry] = thread.requests.flatMap((request) => request.entries);
    expect(JSON.parse(String(entry))).toMatchObject({ type: 'refusal', resource: 'mlp', outcome: 'permission_denied' });
  });
});
