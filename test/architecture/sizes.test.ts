import { describe, expect, it } from 'vitest';
import { sourceFiles } from './source-files.js';

describe('file sizes', () => {
  const sizes = sourceFiles()
    .map((file) => file.lines)
    .sort((a, b) => a - b);
  const quantile = (share: number): number => sizes[Math.floor((sizes.length - 1) * share)] ?? 0;

  it('the median file has at most 120 lines', () => {
    expect(quantile(0.5)).toBeLessThanOrEqual(120);
  });

  it('nine of ten files have at most 300 lines', () => {
    expect(quantile(0.9)).toBeLessThanOrEqual(300);
  });

  it('no file has more than 500 lines', () => {
    expect(
      sourceFiles()
        .filter((file) => file.lines > 500)
        .map((file) => file.path),
    ).toEqual([]);
  });
});
