import { describe, expect, it } from 'vitest';
import { otherNodes, parseAnonAndFile } from './proc.js';

describe('the memory of a process', () => {
  const rollup = 'Rss: 9 kB\nPss:                6 kB\nPss_Anon:           3 kB\nPss_File:           1 kB\n';

  it('is what it has for itself and all that it maps of files', () => {
    expect(parseAnonAndFile(rollup, 'VmRSS: 90 kB\nRssAnon:\t 5 kB\nRssFile:\t      40 kB\n')).toBe(43 * 1024);
  });

  it.each([
    ['smaps_rollup', '', 'RssFile: 1 kB\n'],
    ['status', rollup, ''],
  ])('is not known without %s', (_file, smaps, status) => {
    expect(parseAnonAndFile(smaps, status)).toBeUndefined();
  });
});

describe('other processes of Node.js', () => {
  const running = (pid: number, parentPid: number, isNode = true) => ({ pid, parentPid, isNode });
  /** npm (10), a shell (11) and the benchmark (12) with a child of its own (13). */
  const OWN = [running(1, 0, false), running(10, 1), running(11, 10, false), running(12, 11), running(13, 12)];
  const countBeside = (...others: readonly ReturnType<typeof running>[]) => otherNodes([...OWN, ...others], 12).length;

  it('exclude the ancestors and descendants of the benchmark', () => {
    expect(countBeside()).toBe(0);
  });

  it('are all others, whichever process started them', () => {
    expect(countBeside(running(20, 1), running(21, 20), running(22, 10), running(23, 1, false), running(24, 99))).toBe(
      4,
    );
  });
});
