import { describe, expect, it } from 'vitest';
import { NO_PARAMETERS } from '../../core/index.js';
import type { DecodedInfer } from './decode-infer.js';
import { DecodeMemo } from './decode-memo.js';

const wire = (body: string, headers = {}) => ({ method: 'POST', url: '', headers, body: Buffer.from(body) });
const decoded = (id: string): DecodedInfer => ({
  request: {
    id,
    inputs: [],
    outputs: undefined,
    parameters: NO_PARAMETERS,
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: undefined,
  },
  binaryOutputs: 'all',
});

describe('DecodeMemo', () => {
  it('knows the same bytes again, until they are taken', () => {
    const memo = new DecodeMemo();
    const meaning = decoded('a');
    const sent = wire('{"id":"a"}');
    memo.add(sent, meaning);
    sent.body.fill(0);
    expect(memo.take(wire('{"id":"b"}'))).toBeUndefined();
    const known = memo.take(wire('{"id":"a"}'));
    expect(known?.decoded).toBe(meaning);
    expect(memo.take(wire('{"id":"a"}'))).toBeUndefined();
    if (known !== undefined) memo.put(known);
    expect(memo.take(wire('{"id":"a"}'))?.decoded).toBe(meaning);
  });

  it('compares every byte', () => {
    const memo = new DecodeMemo();
    const body = 'x'.repeat(1_000);
    memo.add(wire(body), decoded('a'));
    for (let at = 0; at < body.length; at += 37) {
      expect(memo.take(wire(`${body.slice(0, at)}y${body.slice(at + 1)}`))).toBeUndefined();
    }
    expect(memo.take(wire(body))).toBeDefined();
  });

  it('takes no binary data and no large bodies', () => {
    const memo = new DecodeMemo();
    const binary = wire('{}', { 'inference-header-content-length': '2' });
    const large = wire('x'.repeat(65_537));
    for (const sent of [binary, large, wire('{}')]) memo.add(sent, decoded('a'));
    expect(memo.take(binary)).toBeUndefined();
    expect(memo.take(large)).toBeUndefined();
    expect(memo.take(wire('{}'))).toBeDefined();
  });

  it('forgets the one that was put there first when it is full', () => {
    const memo = new DecodeMemo();
    for (let index = 0; index <= 128; index++) memo.add(wire(`{"id":"${index}"}`), decoded(`${index}`));
    const known = Array.from({ length: 129 }, (_, index) => memo.take(wire(`{"id":"${index}"}`)) !== undefined);
    expect(known.indexOf(true)).toBe(1);
    expect(known.filter(Boolean)).toHaveLength(128);
  });
});
