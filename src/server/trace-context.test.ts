import { describe, expect, it } from 'vitest';
import { openTrace } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('openTrace', () => {
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
    expect(openTrace(`00-${TRACE}-${SPAN}-01`, 'x'.repeat(513)).state).toBeUndefined();
  });
});
