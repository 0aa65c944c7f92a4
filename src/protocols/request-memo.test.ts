import { describe, expect, it } from 'vitest';
import { RequestMemo } from './request-memo.js';

const sent = (body: string) => ({ body: Buffer.from(body) });

describe('RequestMemo', () => {
  it('knows the same bytes again, until they are taken', () => {
    const memo = new RequestMemo<object>();
    const meaning = {};
    const request = sent('{"id":"a"}');
    memo.add(request, meaning);
    request.body.fill(0);
    expect(memo.take(sent('{"id":"b"}'))).toBeUndefined();
    const known = memo.take(sent('{"id":"a"}'));
    expect(known?.meaning).toBe(meaning);
    expect(memo.take(sent('{"id":"a"}'))).toBeUndefined();
    if (known !== undefined) memo.put(known);
    expect(memo.take(sent('{"id":"a"}'))?.meaning).toBe(meaning);
  });

  it('compares every byte', () => {
    const memo = new RequestMemo<string>();
    const body = 'x'.repeat(1_000);
    memo.add(sent(body), 'a');
    for (let at = 0; at < body.length; at += 37) {
      expect(memo.take(sent(`${body.slice(0, at)}y${body.slice(at + 1)}`))).toBeUndefined();
    }
    expect(memo.take(sent(body))).toBeDefined();
  });

  it('takes no large bodies', () => {
    const memo = new RequestMemo<string>();
    const large = sent('x'.repeat(65_537));
    memo.add(large, 'a');
    memo.add(sent('{}'), 'a');
    expect(memo.take(large)).toBeUndefined();
    expect(memo.take(sent('{}'))).toBeDefined();
  });

  it('forgets the one that was put there first when it is full', () => {
    const memo = new RequestMemo<string>();
    for (let index = 0; index <= 128; index++) memo.add(sent(`{"id":"${index}"}`), `${index}`);
    const known = Array.from({ length: 129 }, (_, index) => memo.take(sent(`{"id":"${index}"}`)) !== undefined);
    expect(known.indexOf(true)).toBe(1);
    expect(known.filter(Boolean)).toHaveLength(128);
  });
});
