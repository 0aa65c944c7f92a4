import { describe, expect, it } from 'vitest';
import { principalWith } from '../../test/support/principals.js';
import type { AuditTrail } from '../audit/index.js';
import { NO_TRAIL } from '../audit/index.js';
import { Call, MillraceError, type Principal } from '../core/index.js';
import { ANONYMOUS } from './access/anonymous.js';
import { createAudit } from './audited.js';

const SUBJECT = { action: 'model.load', resource: 'mlp', right: 'model.load' } as const;

function callWith(...roles: Parameters<typeof principalWith>[1][]): Call {
  return callOf(principalWith('ops', ...roles));
}

function callOf(principal: Principal): Call {
  const deadlineAt = Number.POSITIVE_INFINITY;
  return new Call({ requestId: 'r', principal, trace: undefined, deadlineAt, receivedAt: 0 });
}

/** The audit of use cases, with what happens in order; nothing can be recorded where it `fails`. */
function start({ fails = false } = {}) {
  const order: unknown[] = [];
  const audit: AuditTrail = {
    ...NO_TRAIL,
    async begin(call, { action, resource }) {
      if (fails) throw new MillraceError('unavailable', 'nothing is changed, since it cannot be recorded: disk full');
      order.push('begun');
      return { call, action, resource, seq: 1 };
    },
    end: (_, { outcome, change }) => void order.push(`ended: ${outcome}`, ...(change === undefined ? [] : [change])),
    refuse: (_, { action, resource }, error) => void order.push(`refused: ${action} ${resource}: ${error.code}`),
  };
  return { audited: createAudit({ audit, changed: () => undefined }), order };
}

describe('a use case that changes something', () => {
  it('is recorded before it begins and after it has ended', async () => {
    const { audited, order } = start();
    expect(await audited(callWith('operator'), SUBJECT, () => order.push('work'))).toBe(2);
    await audited(callWith('operator'), SUBJECT, async () => void order.push('late work'));
    expect(order).toEqual(['begun', 'work', 'ended: ok', 'begun', 'late work', 'ended: ok']);
  });

  it('is recorded with what it has changed', async () => {
    const { audited, order } = start();
    const subject = { ...SUBJECT, changeOf: (after: number) => ({ before: 1, after }) };
    await audited(callWith('operator'), subject, async () => 2);
    expect(order).toEqual(['begun', 'ended: ok', { before: 1, after: 2 }]);
  });

  it('is recorded with what it fails with, whenever it fails', async () => {
    const { audited, order } = start();
    const fail = () => {
      throw new TypeError('oh');
    };
    await expect(audited(callWith('operator'), SUBJECT, fail)).rejects.toThrow('oh');
    await expect(audited(callWith('operator'), SUBJECT, async () => fail())).rejects.toThrow('oh');
    expect(order).toEqual(['begun', 'ended: internal', 'begun', 'ended: internal']);
  });

  it('is refused for the right before anything else is said, but where nobody can have one', async () => {
    const { audited } = start();
    const check = () => {
      throw new MillraceError('unavailable', 'not in this mode');
    };
    const ask = (call: Call) => audited(call, { ...SUBJECT, check }, () => undefined);
    await expect(ask(callWith('caller'))).rejects.toThrow("lacks the right 'model.load' on 'mlp'");
    await expect(ask(callWith('operator'))).rejects.toThrow('not in this mode');
    await expect(ask(callOf(ANONYMOUS))).rejects.toThrow('not in this mode');
  });

  it('is not begun without the right, and leaves a refusal', async () => {
    const { audited, order } = start();
    await expect(audited(callWith('caller', 'viewer'), SUBJECT, () => order.push('work'))).rejects.toMatchObject({
      code: 'permission_denied',
    });
    expect(order).toEqual(['refused: model.load mlp: permission_denied']);
  });

  it('is not begun where nobody may do it, which is said to those only who have the right', async () => {
    const { audited, order } = start();
    const check = () => {
      throw new MillraceError('unavailable', 'not here');
    };
    await expect(audited(callWith('operator'), { ...SUBJECT, check }, () => order.push('work'))).rejects.toThrow(
      'not here',
    );
    await expect(audited(callWith('caller'), { ...SUBJECT, check }, () => order.push('work'))).rejects.toThrow('lacks');
    expect(order).toEqual(['refused: model.load mlp: unavailable', 'refused: model.load mlp: permission_denied']);
  });

  it('is not begun when that cannot be recorded', async () => {
    const { audited, order } = start({ fails: true });
    await expect(audited(callWith('operator'), SUBJECT, () => order.push('work'))).rejects.toThrow(
      'nothing is changed, since it cannot be recorded: disk full',
    );
    expect(order).toEqual([]);
  });
});
