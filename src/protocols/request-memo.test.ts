import { describe, expect, it } from 'vitest';
import { RequestMemo } from './request-memo.js';

const sent = (body: string) => ({ body: Buffer.from(body) });

describe('RequestMemo', () => {
  it('knows the same bytes again, until they are taken', () => {
    const memo = new RequestMemo<object>();
    const meaning = {};
    const request = sent('{"id":"a"}');
    memo.add(request, { ownerId: 'anne', meaning });
    request.body.fill(0);
    expect(memo.take(sent('{"id":"b"}'), 'anne')).toBeUndefined();
    const known = memo.take(sent('{"id":"a"}'), 'anne');
    expect(known?.meaning).toBe(meaning);
    expect(memo.take(sent('{"id":"a"}'), 'anne')).toBeUndefined();
    if (known !== undefined) memo.put(known);
    expect(memo.take(sent('{"id":"a"}'), 'anne')?.meaning).toBe(meaning);
  });

  it('compares every byte', () => {
    const memo = new RequestMemo<string>();
    const body = 'x'.repeat(1_000);
    memo.add(sent(body), { ownerId: 'anne', meaning: 'a' });
    for (let at = 0; at < body.length; at += 37) {
      expect(memo.take(sent(`${body.slice(0, at)}y${body.slice(at + 1)}`), 'anne')).toBeUndefined();
    }
    expect(memo.take(sent(body), 'anne')).toBeDefined();
  });

  it('knows for each owner what that owner has sent', () => {
    const memo = new RequestMemo<string>();
    for (const ownerId of ['anne', 'ben']) memo.add(sent('{}'), { ownerId, meaning: ownerId });
    expect(memo.take(sent('{}'), 'eve')).toBeUndefined();
    expect(memo.take(sent('{}'), 'anne')?.meaning).toBe('anne');
    expect(memo.take(sent('{}'), 'anne')).toBeUndefined();
    expect(memo.take(sent('{}'), 'ben')?.meaning).toBe('ben');
  });

  it('takes no large bodies', () => {
    const memo = new RequestMemo<string>();
    const large = sent('x'.repeat(65_537));
    memo.add(large, { ownerId: 'anne', meaning: 'a' });
    memo.add(sent('{}'), { ownerId: 'anne', meaning: 'a' });
    expect(memo.take(large, 'anne')).toBeUndefined();
    expect(memo.take(sent('{}'), 'anne')).toBeDefined();
  });

  it('forgets the one that was put there first when it is full', () => {
    const memo = new RequestMemo<string>();
    for (let index = 0; index <= 128; index++)
      memo.add(sent(`{"id":"${index}"}`), { ownerId: 'anne', meaning: `${index}` });
    const known = Array.from({ length: 129 }, (_, index) => memo.take(sent(`{"id":"${index}"}`), 'anne') !== undefined);
    expect(known.indexOf(true)).toBe(1);
    expect(known.filter(Boolean)).toHaveLength(128);
  });
});
