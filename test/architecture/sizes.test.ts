import { describe, expect, it } from 'vitest';
import { codeFiles, sourceFiles } from './source-files.js';

const MOST_LINES = 400;
const MANY_LINES = 300;
const MOST_LARGE = 5;

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

  it(`at most ${MOST_LARGE} published files have more than ${MANY_LINES} lines`, () => {
    const large = sourceFiles().filter((file) => file.lines > MANY_LINES);
    expect(large.length, large.map((file) => file.path).join(', ')).toBeLessThanOrEqual(MOST_LARGE);
  });

  it.each([
    ['service', 0.01],
    ['models', 0.05],
    ['inference', 0.05],
    ['account', 0.05],
    ['traffic', 0.05],
  ])('the room %s has at most %d of all published lines', (room, share) => {
    const linesOf = (files: readonly { readonly lines: number }[]) => files.reduce((sum, { lines }) => sum + lines, 0);
    const ofRoom = sourceFiles().filter(({ path }) => path.startsWith(`src/${room}/`));
    expect(linesOf(ofRoom) / linesOf(sourceFiles())).toBeLessThanOrEqual(share);
  });

  it(`no file, tests included, has more than ${MOST_LINES} lines`, () => {
    const large = codeFiles().filter((file) => file.lines > MOST_LINES);
    expect(large.map((file) => file.path)).toEqual([]);
  });
});
