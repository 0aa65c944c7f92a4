import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continueTrace, parseTraceparent, parseTracestate } from './trace-headers.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const openTrace = (traceparent: string | undefined, tracestate: string | undefined) =>
  continueTrace({ traceparent, tracestate });

describe('a trace', () => {
  it('takes up the trace of the caller with a span of its own', () => {
    const trace = openTrace(`00-${TRACE}-${SPAN}-01`, 'vendor=1');
    expect(trace).toMatchObject({ parentSpanId: SPAN, sampled: true, state: 'vendor=1' });
    expect(trace.traceId).toBe(TRACE);
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe(SPAN);
    expect(trace.spanId).toBe(trace.spanId);
  });

  it('takes versions that are yet to come, by their known part', () => {
    expect(openTrace(`01-${TRACE}-${SPAN}-00-more`, undefined)).toMatchObject({ traceId: TRACE, sampled: false });
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
  ])('starts a trace for %j, and drops the state', (header) => {
    const trace = openTrace(header, 'vendor=1');
    expect(trace).toMatchObject({ parentSpanId: undefined, sampled: false, state: undefined });
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(TRACE);
    expect(trace.traceId).not.toBe(openTrace(header, undefined).traceId);
  });

  it('drops a state that is too long', () => {
    expect(openTrace(`00-${TRACE}-${SPAN}-01`, `v=${'x'.repeat(511)}`).state).toBeUndefined();
  });
});

describe('tracestate', () => {
  it.each([
    ['vendor=1', 'vendor=1'],
    ['a=1, b=2 ,,\tc=3', 'a=1,b=2,c=3'],
    ['0tenant@vendor=x y', '0tenant@vendor=x y'],
    [['a=1', 'b=2'], 'a=1,b=2'],
  ])('%j is read', (header, state) => {
    expect(parseTracestate(header)).toBe(state);
  });

  it.each([
    '',
    ' , ',
    'no value',
    'A=1',
    'a=1=2',
    'a=\n',
    'a=ü',
    Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(),
  ])('%j is dropped', (header) => {
    expect(parseTracestate(header)).toBeUndefined();
  });
});

describe('headers of any kind', () => {
  const word = fc.stringMatching(/^[ -~]{0,40}$/);
  const nearly = fc
    .tuple(fc.stringMatching(/^[0-9a-f]{2}$/), fc.stringMatching(/^[0-9a-f]{32}$/), fc.stringMatching(/^[0-9a-f]{16}$/))
    .map(([flags, traceId, spanId]) => `00-${traceId}-${spanId}-${flags}`);

  it('give a parent with ids that are ids, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          nearly,
          fc.string(),
          fc.tuple(nearly, word).map(([head, tail]) => head + tail),
        ),
        (header) => {
          const parent = parseTraceparent(header);
          if (parent === undefined) return;
          expect(parent.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
          expect(parent.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
          expect(header).toContain(`${parent.traceId}-${parent.spanId}`);
        },
      ),
    );
  });

  it('give a state that is read as it is written, of 512 printable characters at most', () => {
    const members = fc.array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), word), { maxLength: 40 });
    const list = members.map((all) => all.map(([key, value]) => `${key}=${value}`).join());
    fc.assert(
      fc.property(fc.oneof(list, fc.string()), (header) => {
        const state = parseTracestate(header);
        if (state === undefined) return;
        expect(state).toMatch(/^[ -~]{1,512}$/);
        expect(parseTracestate(state)).toBe(state);
      }),
    );
  });
});
