import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { principalWith } from '../../test/support/principals.js';
import { Call } from './call.js';
import { MillraceError } from './errors.js';

/** A call of the tree as the test sees it. */
interface Node {
  readonly call: Call;
  /** Somebody holds it, and is told. */
  readonly held: boolean;
  readonly children: Node[];
  readonly heard: string[];
  over: boolean;
  /** With what it should have been cancelled. */
  reason: string | undefined;
}

const KINDS = ['open', 'open', 'open', 'end', 'cancel', 'cancelChildren'] as const;
const ENDED = 'the request for which it was made has ended';

function createNode(call: Call, held: boolean): Node {
  const node: Node = { call, held, children: [], heard: [], over: false, reason: undefined };
  if (held) call.onCancel(({ message }) => node.heard.push(message));
  return node;
}

function openRoot(): Call {
  return new Call({
    requestId: 'r',
    principal: principalWith('p'),
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
}

/** A call and everything under it, as far as it is open, is cancelled. */
function expectCancelled(node: Node, reason: string): void {
  if (node.over) return;
  node.over = true;
  node.reason = reason;
  for (const child of node.children) expectCancelled(child, reason);
}

function expectEnded(node: Node): void {
  if (node.over) return;
  node.over = true;
  if (node.held) node.reason = ENDED;
  for (const child of node.children) expectCancelled(child, ENDED);
}

describe('a tree of calls', () => {
  it('is cancelled from any call downwards, each open one once with the reason, and nothing stays linked', () => {
    const step = fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat(), held: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const root = createNode(openRoot(), true);
        const nodes = [root];
        steps.forEach(({ kind, at, held }, index) => {
          const node = nodes[at % nodes.length] as Node;
          const { call, children } = node;
          const reason = new MillraceError('cancelled', `step ${index}`);
          if (kind === 'open') {
            const child = createNode(call.child({ receivedAt: index }), held);
            nodes.push(child);
            children.push(child);
            // Nobody waits for what is opened too late.
            if (node.over) expectCancelled(child, node.reason ?? ENDED);
          } else if (kind === 'cancel') {
            call.cancel(reason);
            expectCancelled(node, reason.message);
          } else if (kind === 'cancelChildren') {
            call.cancelChildren(reason);
            for (const child of children) expectCancelled(child, reason.message);
          } else {
            call.end();
            expectEnded(node);
          }
        });
        for (const { call, held, heard, reason, children } of nodes) {
          expect(heard).toEqual(held && reason !== undefined ? [reason] : []);
          expect(call.cancelled?.message).toBe(reason);
          expect(call.openChildren).toBe(children.filter(({ over }) => !over).length);
        }
        root.call.end();
        for (const { call } of nodes) expect(call.openChildren).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('is taken hold of too late once it has ended', () => {
    const call = openRoot();
    call.end();
    call.cancel(new MillraceError('cancelled', 'too late'));
    expect(call.cancelled).toBeUndefined();
    const heard: string[] = [];
    call.onCancel(({ message }) => heard.push(message));
    expect([heard, call.cancelled?.message]).toEqual([[ENDED], ENDED]);
  });

  it('tells none that has ended, though others end it while they are told', () => {
    const parent = openRoot();
    const [first, second] = [parent.child({ receivedAt: 0 }), parent.child({ receivedAt: 0 })];
    first.onCancel(() => {
      second.end();
      expect(parent.child({ receivedAt: 0 }).cancelled?.message).toBe('gone');
    });
    parent.cancel(new MillraceError('cancelled', 'gone'));
    expect([first.cancelled?.message, second.cancelled, parent.openChildren]).toEqual(['gone', undefined, 0]);
  });
});
