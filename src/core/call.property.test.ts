import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Call } from './call.js';
import { MillraceError } from './errors.js';

/** A call of the tree as the test sees it. */
interface Node {
  readonly call: Call;
  readonly children: Node[];
  readonly heard: MillraceError[];
  over: boolean;
  expected: MillraceError | undefined;
}

const KINDS = ['open', 'open', 'open', 'end', 'cancel', 'cancelChildren'] as const;

const ENDED = 'the request for which it was made has ended';

function createNode(call: Call): Node {
  const node: Node = { call, children: [], heard: [], over: false, expected: undefined };
  call.onCancel((reason) => node.heard.push(reason));
  return node;
}

/** Everything under a call that is open, the call itself first. */
function openUnder(node: Node): readonly Node[] {
  return node.over ? [] : [node, ...node.children.flatMap(openUnder)];
}

const openChildrenOf = ({ children }: Node) => children.filter(({ over }) => !over);

describe('a tree of calls', () => {
  it('is cancelled from any call downwards, each open one once with the reason, and nothing stays linked', () => {
    const step = fc.record({
      kind: fc.constantFrom(...KINDS),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const root = createNode(
          new Call({
            requestId: 'r',
            principal: { name: 'p', scopes: new Set() },
            trace: undefined,
            deadlineAt: Number.POSITIVE_INFINITY,
            receivedAt: 0,
          }),
        );
        const nodes = [root];
        steps.forEach(({ kind, at }, index) => {
          const node = nodes[at % nodes.length] as Node;
          const reason = new MillraceError('cancelled', `step ${index}`);
          if (kind === 'open') {
            const child = createNode(node.call.child({ receivedAt: index }));
            nodes.push(child);
            node.children.push(child);
            if (!node.over) return;
            // Nobody waits for what is opened too late.
            child.over = true;
            child.expected = node.expected ?? child.heard[0];
            expect(child.heard[0]).toMatchObject(node.expected ?? { code: 'cancelled', message: ENDED });
            return;
          }
          const doomed = kind === 'cancel' ? openUnder(node) : openChildrenOf(node).flatMap(openUnder);
          if (kind === 'cancel') node.call.cancel(reason);
          else if (kind === 'end') node.call.end();
          else node.call.cancelChildren(reason);
          for (const each of doomed) {
            each.over = true;
            each.expected = kind === 'end' ? each.heard[0] : reason;
            expect(each.heard[0]).toMatchObject(kind === 'end' ? { code: 'cancelled', message: ENDED } : reason);
          }
          if (kind === 'end') node.over = true;
        });
        for (const { call, heard, expected } of nodes) {
          expect(heard).toEqual(expected === undefined ? [] : [expected]);
          expect(call.cancelled).toBe(expected);
        }
        for (const node of nodes) expect(node.call.openChildren).toBe(openChildrenOf(node).length);
        root.call.end();
        for (const { call } of nodes) expect(call.openChildren).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('tells none that has ended, though others end it while they are told', () => {
    const parent = new Call({
      requestId: 'r',
      principal: { name: 'p', scopes: new Set() },
      trace: undefined,
      deadlineAt: Number.POSITIVE_INFINITY,
      receivedAt: 0,
    });
    const [first, second] = [parent.child({ receivedAt: 0 }), parent.child({ receivedAt: 0 })];
    first.onCancel(() => {
      second.end();
      expect(parent.child({ receivedAt: 0 }).cancelled?.message).toBe('gone');
    });
    parent.cancel(new MillraceError('cancelled', 'gone'));
    expect([first.cancelled?.message, second.cancelled, parent.openChildren]).toEqual(['gone', undefined, 0]);
  });
});
