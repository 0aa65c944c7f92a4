import { describe, expect, it } from 'vitest';
import { FileCache } from './file-cache.js';

describe('FileCache', () => {
  it('computes once for a stamp and again for another', async () => {
    const cache = new FileCache<number>();
    let computed = 0;
    const compute = async () => ++computed;
    expect(await Promise.all([cache.get('a', '1', compute), cache.get('a', '1', compute)])).toEqual([1, 1]);
    expect(await cache.get('a', '2', compute)).toBe(2);
    expect(await cache.get('a', '2', compute)).toBe(2);
  });

  it('does not keep failures', async () => {
    const cache = new FileCache<string>();
    await expect(cache.get('a', '1', () => Promise.reject(new Error('unreadable')))).rejects.toThrow('unreadable');
    expect(await cache.get('a', '1', async () => 'read')).toBe('read');
  });

  it('forgets what lay in a folder that is gone, and nothing else', async () => {
    const cache = new FileCache<number>();
    let computed = 0;
    const get = (key: string) => cache.get(key, '1', async () => ++computed);
    await get('/uploads/a/1/model.onnx');
    await get('/uploads/b/1/model.onnx');
    cache.forget('/uploads/a');
    expect(await get('/uploads/b/1/model.onnx')).toBe(2);
    expect(await get('/uploads/a/1/model.onnx')).toBe(3);
  });

  it('forgets what was not asked for between two prunings', async () => {
    const cache = new FileCache<number>();
    let computed = 0;
    const compute = async () => ++computed;
    await cache.get('a', '1', compute);
    cache.prune();
    expect(await cache.get('a', '1', compute)).toBe(1);
    cache.prune();
    cache.prune();
    expect(await cache.get('a', '1', compute)).toBe(2);
  });
});
