import { describe, expect, it } from 'vitest';
import { principalWith } from '../../test/support/principals.js';
import { Call, EventBus, type Events, MillraceError } from '../core/index.js';
import type { BuiltInRole } from '../governance/index.js';
import { createAudit } from './audit.js';
import type { AuditEntry } from './types.js';

const SUBJECT = { action: 'model.load', resource: 'mlp', right: 'model.load' } as const;

function callWith(...roles: readonly BuiltInRole[]): Call {
  const principal = principalWith('ops', ...roles);
  const deadlineAt = Number.POSITIVE_INFINITY;
  return new Call({ requestId: 'r', principal, trace: undefined, deadlineAt, receivedAt: 0 });
}

/** The audit of use cases, with what happens in order; entries of `fails` cannot be written. */
function start(fails?: AuditEntry['stage']) {
  const order: string[] = [];
  const events = new EventBus();
  const diagnostics: Events['diagnostic'][] = [];
  events.subscribe('diagnostic', (event) => diagnostics.push(event));
  const record = ({ stage, outcome }: AuditEntry) => {
    if (stage === fails) throw new Error('disk full');
    order.push(outcome === undefined ? stage : `${stage}: ${outcome}`);
  };
  return { audited: createAudit({ audit: { record }, events }), order, diagnostics };
}

describe('a use case that changes something', () => {
  it('is recorded before it begins and after it has ended', async () => {
    const { audited, order } = start();
    expect(audited(callWith('operator'), SUBJECT, () => order.push('work'))).toBe(2);
    await audited(callWith('operator'), SUBJECT, async () => void order.push('late work'));
    expect(order).toEqual(['begun', 'work', 'ended: ok', 'begun', 'late work', 'ended: ok']);
  });

  it('is recorded with what it has changed', async () => {
    const entries: AuditEntry[] = [];
    const audited = createAudit({ audit: { record: (entry) => void entries.push(entry) }, events: new EventBus() });
    const subject = { ...SUBJECT, changeOf: (after: number) => ({ before: 1, after }) };
    await audited(callWith('operator'), subject, async () => 2);
    await audited(callWith('operator'), subject, () => Promise.reject(new Error('oh'))).catch(() => undefined);
    expect(entries.map(({ stage, change }) => [stage, change])).toEqual([
      ['begun', undefined],
      ['ended', { before: 1, after: 2 }],
      ['begun', undefined],
      ['ended', undefined],
    ]);
  });

  it('is recorded with what it fails with, whenever it fails', async () => {
    const { audited, order } = start();
    const fail = () => {
      throw new TypeError('oh');
    };
    expect(() => audited(callWith('operator'), SUBJECT, fail)).toThrow('oh');
    await expect(audited(callWith('operator'), SUBJECT, async () => fail())).rejects.toThrow('oh');
    expect(order).toEqual(['begun', 'ended: internal', 'begun', 'ended: internal']);
  });

  it('is not begun without the right, and leaves one entry', () => {
    const { audited, order } = start();
    expect(() => audited(callWith('caller', 'viewer'), SUBJECT, () => order.push('work'))).toThrow(
      "'key:ops' lacks the right 'model.load' on 'mlp'; its roles: caller, viewer",
    );
    expect(order).toEqual(['ended: permission_denied']);
  });

  it('is refused for the right before anything else is said', () => {
    const { audited } = start();
    const check = () => {
      throw new MillraceError('unavailable', 'not here');
    };
    const subject = { ...SUBJECT, check };
    expect(() => audited(callWith('caller'), subject, () => undefined)).toThrow("lacks the right 'model.load'");
    expect(() => audited(callWith('operator'), subject, () => undefined)).toThrow('not here');
  });

  it('is not begun when that cannot be recorded', () => {
    const { audited, order } = start('begun');
    expect(() => audited(callWith('operator'), SUBJECT, () => order.push('work'))).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: 'nothing is changed, since the audit trail cannot be written; the server log has the details',
        cause: new Error('disk full'),
      }),
    );
    expect(order).toEqual(['ended: unavailable']);
  });

  it('stays done when only its end cannot be recorded, which the log tells', () => {
    const { audited, order, diagnostics } = start('ended');
    expect(audited(callWith('operator'), SUBJECT, () => 'done')).toBe('done');
    expect(order).toEqual(['begun']);
    expect(diagnostics).toEqual([
      expect.objectContaining({ level: 'error', message: 'the end of model.load mlp (ok) could not be recorded' }),
    ]);
  });
});
