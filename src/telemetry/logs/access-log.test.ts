import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { finishedCall, grpcFinished, httpFinished, refusedCall } from '../../../test/support/finished.js';
import { EventBus, type LogLevel, MillraceError } from '../../core/index.js';
import { TooManyFailedKeys } from '../../governance/index.js';
import { startAccessLog } from './access-log.js';
import { createLogger } from './logger.js';

function start(successesPerSecond = 2, logLevel: LogLevel = 'info') {
  const events = new EventBus();
  const clock = new FakeClock();
  const lines: string[] = [];
  const logger = createLogger({ logLevel, logLevels: {} }, clock, { write: (line) => lines.push(line) });
  const stop = startAccessLog({ events, clock, logger, successesPerSecond });
  return { events, clock, lines, stop, last: () => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('the line of a request', () => {
  it('says who asked for what, how it ended and where the time went', () => {
    const { events, lines } = start();
    events.publish('httpFinished', httpFinished());
    expect(lines).toEqual([
      '{"level":"info","time":"2025-06-15T15:06:41.000Z","room":"server","request_id":"req-1",' +
        '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","principal":"anonymous","method":"POST",' +
        '"route":"/v2/models/{m}/infer","path":"/v2/models/mlp/infer","status":200,"duration_ms":9.25,"queue_ms":2,' +
        '"compute_ms":4,"batch_rows":2,"request_bytes":120,"response_bytes":80,"remote_address":"127.0.0.1",' +
        '"msg":"POST /v2/models/mlp/infer 200"}\n',
    ]);
  });

  it('of a gRPC call has the name of its status', () => {
    const { events, last } = start();
    events.publish('grpcFinished', grpcFinished());
    expect(last()).toMatchObject({
      level: 'info',
      request_id: 'req-1',
      msg: 'gRPC /inference.GRPCInferenceService/ModelInfer OK',
      route: '/inference.GRPCInferenceService/ModelInfer',
      status: 'OK',
      duration_ms: 9.25,
      compute_ms: 4,
      request_messages: 1,
      response_messages: 1,
      request_bytes: 120,
      response_bytes: 80,
    });
    const error = new MillraceError('not_found', "model 'm' is not found");
    events.publish('grpcFinished', grpcFinished({ status: 5, error }));
    expect(last()).toMatchObject({ level: 'warn', status: 'NOT_FOUND', error_code: 'not_found', error: error.message });
    events.publish(
      'grpcFinished',
      grpcFinished({ status: 13, error: new MillraceError('internal', 'internal error') }),
    );
    expect(last()).toMatchObject({ level: 'error', status: 'INTERNAL' });
  });

  it('names the parameters that were ignored', () => {
    const { events, last } = start();
    const call = finishedCall({ ignored: ['store', 'messages.weight'] });
    events.publish('httpFinished', httpFinished({ call }));
    expect(last()).toMatchObject({ ignored_parameters: 'store, messages.weight' });
  });

  it('says when a stream had its first answer, and what a model says of tokens', () => {
    const { events, last } = start();
    const usage = { promptTokens: 12, completionTokens: 5 };
    const call = finishedCall({ firstResponseAt: 106.25, usage, finishReason: 'length' });
    events.publish('httpFinished', httpFinished({ call }));
    expect(last()).toMatchObject({
      first_response_ms: 6.25,
      prompt_tokens: 12,
      cached_tokens: 0,
      completion_tokens: 5,
      finish_reason: 'length',
    });
  });

  it('holds neither the query nor more of the path than 512 characters', () => {
    const { events, last } = start();
    events.publish('httpFinished', httpFinished({ path: '/v2/health?api_key=hunter2' }));
    expect(last()).toMatchObject({ path: '/v2/health', msg: 'POST /v2/health 200' });
    events.publish('httpFinished', httpFinished({ path: `/${'a'.repeat(10_000)}`, status: 404 }));
    expect(last().path).toHaveLength(512);
  });

  it('leaves out the stages that a refused request did not reach', () => {
    const { events, last } = start();
    const error = new MillraceError('resource_exhausted', 'the queue of mlp/3 is full');
    events.publish('httpFinished', httpFinished({ status: 503, call: refusedCall(), error }));
    expect(last()).toMatchObject({
      level: 'warn',
      status: 503,
      error_code: 'resource_exhausted',
      error: 'the queue of mlp/3 is full',
    });
    expect(last()).not.toHaveProperty('queue_ms');
    expect(last()).not.toHaveProperty('cause');
  });

  it('of an internal error holds the stack and every cause below it', () => {
    const { events, last } = start();
    const cause = new TypeError('x is not a function', { cause: 'a plain word' });
    events.publish(
      'httpFinished',
      httpFinished({ status: 500, error: new MillraceError('internal', 'internal error', { cause }) }),
    );
    expect(last()).toMatchObject({ level: 'error', error_code: 'internal', error: 'internal error' });
    expect(last().cause).toMatch(
      /^MillraceError: internal error\n {4}at .*\n(?:.*\n)*caused by: TypeError: x is not a function\n {4}at .*\n(?:.*\n)*caused by: a plain word$/,
    );
  });

  it('of a failure with a cause, such as a dead runner, holds the cause alone', () => {
    const { events, last } = start();
    const cause = new Error('signal SIGKILL');
    events.publish(
      'httpFinished',
      httpFinished({ status: 503, error: new MillraceError('unavailable', 'the runner died', { cause }) }),
    );
    expect(last().level).toBe('warn');
    expect(last().cause).toMatch(/^Error: signal SIGKILL\n/);
  });

  it('stays bounded whatever the error holds, even itself', () => {
    const { events, last } = start();
    const cause = new Error('x'.repeat(100_000));
    cause.cause = cause;
    events.publish(
      'httpFinished',
      httpFinished({ status: 500, error: new MillraceError('internal', 'y'.repeat(100_000), { cause }) }),
    );
    expect(last().error).toHaveLength(2_001);
    expect(last().cause).toHaveLength(16_001);
  });

  it.each([
    [200, undefined, 'info'],
    [304, undefined, 'info'],
    [400, new MillraceError('invalid_argument', 'x'), 'warn'],
    [499, new MillraceError('cancelled', 'x'), 'warn'],
    [503, new MillraceError('unavailable', 'x'), 'warn'],
    [504, new MillraceError('deadline_exceeded', 'x'), 'warn'],
    [500, new MillraceError('internal', 'x'), 'error'],
    [500, undefined, 'warn'],
    [503, undefined, 'warn'],
  ])('with status %i has its level', (status, error, level) => {
    const { events, last } = start();
    events.publish('httpFinished', httpFinished({ status, error }));
    expect(last().level).toBe(level);
  });
});

describe('the number of lines', () => {
  it('is bounded for successes, and the next line counts those skipped', async () => {
    const { events, clock, lines, last } = start(2);
    for (let i = 0; i < 5; i++) events.publish('httpFinished', httpFinished());
    expect(lines).toHaveLength(2);
    expect(last()).not.toHaveProperty('skipped');
    await clock.advance(999);
    events.publish('httpFinished', httpFinished());
    expect(lines).toHaveLength(2);
    await clock.advance(1);
    events.publish('httpFinished', httpFinished());
    expect(lines).toHaveLength(3);
    expect(last().skipped).toBe(4);
    events.publish('httpFinished', httpFinished());
    expect(last()).not.toHaveProperty('skipped');
  });

  it('is not bounded for failures, which take no place from successes', () => {
    const { events, lines, last } = start(1);
    events.publish('httpFinished', httpFinished());
    events.publish('httpFinished', httpFinished());
    for (let i = 0; i < 50; i++)
      events.publish('httpFinished', httpFinished({ status: 404, call: finishedCall({}, `req-${i}`) }));
    expect(lines).toHaveLength(51);
    expect(JSON.parse(lines[1] ?? '').skipped).toBe(1);
    expect(last().request_id).toBe('req-49');
  });

  it.each([new MillraceError('unauthenticated', 'this key is not known'), new TooManyFailedKeys(1_000)])(
    'is bounded for callers without a key, and the next line counts those skipped: %s',
    async (error) => {
      const { events, clock, lines, last } = start(1);
      for (let i = 0; i < 50; i++) events.publish('httpFinished', httpFinished({ status: 401, error }));
      expect(lines).toHaveLength(10);
      await clock.advance(1_000);
      events.publish('httpFinished', httpFinished({ status: 401, error }));
      expect(last().skipped_unauthenticated).toBe(40);
      expect(last()).not.toHaveProperty('skipped');
    },
  );

  it('may be none for successes', () => {
    const { events, lines } = start(0);
    events.publish('httpFinished', httpFinished());
    expect(lines).toEqual([]);
  });

  it('follows the level of the log', () => {
    const { events, lines } = start(2, 'error');
    events.publish('httpFinished', httpFinished());
    events.publish('httpFinished', httpFinished({ status: 404 }));
    events.publish('httpFinished', httpFinished({ status: 503 }));
    events.publish('httpFinished', httpFinished({ status: 500, error: new MillraceError('internal', 'x') }));
    expect(lines.map((line) => JSON.parse(line).status)).toEqual([500]);
  });

  it('is zero after the end', () => {
    const { events, lines, stop } = start();
    stop();
    events.publish('httpFinished', httpFinished({ status: 500 }));
    expect(lines).toEqual([]);
  });
});
