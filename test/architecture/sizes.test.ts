import { describe, expect, it } from 'vitest';
import { codeFiles, sourceFiles } from './source-files.js';

const MOST_LINES = 400;
const MANY_LINES = 300;

describe('file sizes', () => {
  it('the median file has at most 120 lines', () => {
    const sizes = sourceFiles()
      .map((file) => file.lines)
      .sort((a, b) => a - b);
    expect(sizes[Math.floor((sizes.length - 1) / 2)]).toBeLessThanOrEqual(120);
  });

  it.each([
    ['published files', sourceFiles()],
    ['files, tests included,', codeFiles()],
  ])(`nine of ten %s have at most ${MANY_LINES} lines`, (_which, files) => {
    const many = files.filter((file) => file.lines > MANY_LINES);
    expect(many.length / files.length).toBeLessThanOrEqual(0.1);
  });

  it(`no file, tests included, has more than ${MOST_LINES} lines`, () => {
    const large = codeFiles().filter((file) => file.lines > MOST_LINES);
    expect(large.map((file) => file.path)).toEqual([]);
  });
});
