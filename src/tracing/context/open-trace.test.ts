import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import { createTraceOpener, UNRECORDED } from './open-trace.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=1' };
const UNSAMPLED_PARENT = { ...PARENT, traceparent: `00-${TRACE}-${SPAN}-00` };

function createOpener(rate: number) {
  const opener = createTraceOpener({
    sampling: { rate, maxPerSecond: 2 },
    trusted: { principals: ['gateway'], isProxy: (address) => address === '10.0.0.1' },
    clock: new FakeClock(),
  });
  return (headers: Readonly<Record<string, string>>, name = 'alice', address: string | undefined = '192.0.2.7') =>
    opener.open(headers, principalWith(name), address);
}

describe('a trace of a caller who is not trusted', () => {
  it("is a new one, linked to the caller's", () => {
    const trace = createOpener(1)(PARENT);
    expect(trace).toMatchObject({ parentSpanId: undefined, sampled: true, state: undefined });
    expect(trace.link).toMatchObject({ traceId: TRACE, spanId: SPAN });
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(TRACE);
  });

  it('is recorded by rate, whatever the caller says', () => {
    const open = createOpener(0);
    expect([open(PARENT).sampled, open({}).sampled]).toEqual([false, false]);
    expect(createOpener(1)(UNSAMPLED_PARENT).sampled).toBe(true);
  });

  it('is recorded within the limit of a second', () => {
    const open = createOpener(1);
    expect([open({}), open(PARENT), open({})].map(({ sampled }) => sampled)).toEqual([true, true, false]);
  });

  it('has an id by which others decide alike', () => {
    const open = createOpener(0.5);
    for (let request = 0; request < 200; request++) {
      const { traceId, sampled } = open({});
      // The 56 bits of OpenTelemetry's consistent sampling.
      const isAbove = Number.parseInt(traceId.slice(18, 26), 16) >= 2 ** 31;
      expect(!sampled || isAbove).toBe(true);
    }
  });

  it('is a new one where no connection has brought it', () => {
    const handedOver = createTraceOpener({
      sampling: { rate: 0, maxPerSecond: 1 },
      trusted: { principals: [], isProxy: () => true },
      clock: new FakeClock(),
    }).open(PARENT, principalWith('alice'), undefined);
    expect(handedOver.link).toMatchObject({ traceId: TRACE });
  });
});

describe('a trace of a trusted caller', () => {
  it.each([
    ['principal', 'gateway', '192.0.2.7'],
    ['proxy', 'alice', '10.0.0.1'],
  ])('who is known as a %s continues, and its flag decides', (_, name, address) => {
    const open = createOpener(0);
    const trace = open(PARENT, name, address);
    expect(trace).toMatchObject({ parentSpanId: SPAN, sampled: true, state: 'vendor=1', link: undefined });
    expect(trace.traceId).toBe(TRACE);
    expect(createOpener(1)(UNSAMPLED_PARENT, name, address).sampled).toBe(false);
    // Such traces do not count.
    for (let request = 0; request < 9; request++) expect(open(PARENT, name, address).sampled).toBe(true);
  });

  it('begins here where it sends none', () => {
    expect(createOpener(1)({ tracestate: 'vendor=1' }, 'gateway')).toMatchObject({ sampled: true, state: undefined });
  });
});

it('without a collector each caller continues its trace', () => {
  const trace = UNRECORDED.open(PARENT, principalWith('alice'), '192.0.2.7');
  expect(trace).toMatchObject({ parentSpanId: SPAN, sampled: true, state: 'vendor=1' });
});
