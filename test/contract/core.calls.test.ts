import { describe, expect, it } from 'vitest';
import { Call, type CallOptions, MillraceError } from '../../src/core/index.js';
import { principalWith } from '../support/principals.js';

const PRINCIPAL = principalWith('ada', 'caller');
const TRACE = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: undefined,
  sampled: true,
  state: 'vendor=1',
};

const open = (options: Partial<CallOptions> = {}) =>
  new Call({
    requestId: 'req',
    principal: PRINCIPAL,
    trace: TRACE,
    deadlineAt: 9_000,
    receivedAt: 1_000,
    ...options,
  });

describe('a call on behalf of another one', () => {
  it('is of the same principal and request, one span further in the same trace', () => {
    const child = open({ routingKey: 'user-1' }).child({ receivedAt: 1_500 });
    expect(child).toMatchObject({ requestId: 'req', principal: PRINCIPAL, routingKey: 'user-1', priority: 'normal' });
    expect(child.timing).toMatchObject({ receivedAt: 1_500, startedAt: 0 });
    const { traceId, parentSpanId, spanId, sampled, state } = child.trace ?? {};
    expect({ traceId, parentSpanId, sampled, state }).toEqual({
      traceId: TRACE.traceId,
      parentSpanId: TRACE.spanId,
      sampled: true,
      state: 'vendor=1',
    });
    expect(spanId).not.toBe(TRACE.spanId);
    expect(open({ trace: undefined }).child({ receivedAt: 0 }).trace).toBeUndefined();
  });

  it('has no later deadline', () => {
    const deadlineOf = (deadlineAt?: number) =>
      open().child({ receivedAt: 0, ...(deadlineAt !== undefined && { deadlineAt }) }).deadlineAt;
    expect([deadlineOf(), deadlineOf(10_000), deadlineOf(3_000)]).toEqual([9_000, 9_000, 3_000]);
  });

  it('names the models on whose behalf it is made, outermost first', () => {
    const parent = open().child({ receivedAt: 0, caller: 'outer' });
    expect(parent.child({ receivedAt: 0, caller: 'inner' }).callers).toEqual(['outer', 'inner']);
    expect(parent.child({ receivedAt: 0 }).callers).toEqual(['outer']);
  });

  it('is in the background where its parent is, or where it is sent there; nothing brings it back', () => {
    const background = open().child({ receivedAt: 0, priority: 'background' });
    expect([background.priority, background.child({ receivedAt: 0 }).priority]).toEqual(['background', 'background']);
    expect(open({ priority: 'background' }).child({ receivedAt: 0 }).priority).toBe('background');
    // @ts-expect-error: there is no such choice
    expect(background.child({ receivedAt: 0, priority: 'normal' }).priority).toBe('background');
  });
});

describe('a detached call', () => {
  it('is for the account that is named, and so are the calls that it makes', () => {
    for (const account of ['principal', 'none'] as const) {
      const detached = open().detached({ receivedAt: 0, deadlineAt: 1, account });
      expect([detached.account, detached.child({ receivedAt: 0 }).account]).toEqual([account, account]);
    }
    expect(open().child({ receivedAt: 0 }).account).toBe('principal');
  });

  it('is of the same principal, in a trace that is linked, in the background, and takes no credentials along', () => {
    const call = open({ metadata: { authorization: 'Bearer secret' }, routingKey: 'user-1' });
    const detached = call.detached({ receivedAt: 1_500, deadlineAt: 20_000, account: 'none' });
    expect(detached).toMatchObject({
      requestId: 'req',
      principal: PRINCIPAL,
      routingKey: 'user-1',
      priority: 'background',
      account: 'none',
    });
    expect(detached).toMatchObject({ deadlineAt: 20_000, metadata: {}, timing: { receivedAt: 1_500 } });
    const { traceId, spanId } = TRACE;
    expect(detached.trace).toMatchObject({ link: { traceId, spanId }, parentSpanId: undefined, sampled: true });
    expect(detached.trace?.traceId).not.toBe(traceId);
  });

  it('goes on whatever becomes of the one that it comes from', () => {
    const call = open();
    const detached = call.detached({ receivedAt: 0, deadlineAt: 1, account: 'none' });
    call.cancel(new MillraceError('cancelled', 'the client left'));
    call.end();
    expect([detached.cancelled, call.openChildren]).toEqual([undefined, 0]);
  });
});

describe('what is reserved for a call', () => {
  it('is released once: when something else is reserved in its place, or with the call', () => {
    const left: string[] = [];
    const replaced = open();
    replaced.holdPlace(() => left.push('replaced'));
    replaced.leavePlace();
    replaced.end();
    const ended = open();
    ended.holdPlace(() => left.push('ended'));
    ended.cancel(new MillraceError('cancelled', 'the client is gone'));
    expect(left).toEqual(['replaced']);
    ended.end();
    ended.holdPlace(() => left.push('late'));
    expect(left).toEqual(['replaced', 'ended', 'late']);
  });
});
