import { expect, it } from 'vitest';
import { principalWith } from '../../test/support/principals.js';
import { createSettlements, TIMEOUT_MS } from '../../test/support/settlement-fixture.js';
import { LazyTrace } from '../core/index.js';
import type { TraceOpener } from '../tracing/index.js';

const GATEWAY = principalWith('gateway');
const ALICE = principalWith('alice');

/** Notes what is opened, and for whom; the gateway is trusted. */
function createOpener() {
  const opened: string[] = [];
  const traces: TraceOpener = {
    open(_, { name }, peerAddress) {
      opened.push(`${name} at ${peerAddress}`);
      return new LazyTrace(undefined, { parentSpanId: undefined, sampled: true, state: undefined });
    },
    trusts: ({ name }) => name === GATEWAY.name,
  };
  return { opened, traces };
}

it.each([
  [ALICE, ['anonymous at 127.0.0.1'], true],
  [GATEWAY, ['anonymous at 127.0.0.1', 'gateway at 127.0.0.1'], false],
] as const)(
  'a trace that is opened before it is known who calls is kept, but for trusted callers: %#',
  async (principal, expected, isKept) => {
    const { opened, traces } = createOpener();
    const { settlement } = createSettlements({ traces }).receive();
    const begun = settlement.beginLater(Promise.resolve(principal), TIMEOUT_MS);
    const before = settlement.call.trace;
    const { trace } = await begun;
    expect(opened).toEqual(expected);
    expect(trace === before).toBe(isKept);
  },
);

it('a request whose caller is known at once opens one trace', () => {
  const { opened, traces } = createOpener();
  createSettlements({ traces }).open({}, ALICE);
  expect(opened).toEqual(['alice at 127.0.0.1']);
});
