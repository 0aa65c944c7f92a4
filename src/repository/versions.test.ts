import { describe, expect, it } from 'vitest';
import { decideVersions, type JudgedVersion } from './decide-versions.js';
import { describePolicy, selectVersions } from './select-versions.js';

describe('selectVersions', () => {
  it('takes the highest numbers, not the last in the alphabet', () => {
    expect(selectVersions({ latest: 2 }, [9, 10, 1])).toEqual([9, 10]);
    expect(selectVersions({ latest: 5 }, [2, 1])).toEqual([1, 2]);
  });

  it('takes all, or those named that there are', () => {
    expect(selectVersions('all', [3, 1])).toEqual([1, 3]);
    expect(selectVersions({ specific: [1, 77] }, [3, 1])).toEqual([1]);
  });

  it('is described in words', () => {
    expect(describePolicy('all')).toBe('all versions');
    expect(describePolicy({ latest: 1 })).toBe('the latest version');
    expect(describePolicy({ latest: 3 })).toBe('the latest 3 versions');
    expect(describePolicy({ specific: [1, 3] })).toBe('version 1 or 3');
  });
});

describe('decideVersions', () => {
  const whole = (version: number): JudgedVersion => ({ version, settlesInMs: 0, known: true });
  const copying = (version: number): JudgedVersion => ({ version, settlesInMs: 500, known: false });
  const edited = (version: number): JudgedVersion => ({ version, settlesInMs: 500, known: true });
  const decide = (...versions: JudgedVersion[]) => {
    const { served, awaited } = decideVersions({ policy: { latest: 1 }, labelled: [] }, versions);
    return { served: [...served], awaited: [...awaited] };
  };

  it('serves the latest whole version while a later one is being copied', () => {
    expect(decide(whole(1), copying(2))).toEqual({ served: [1], awaited: [2] });
  });

  it('does not fall back to an older version while a served one is being edited', () => {
    expect(decide(whole(1), edited(2))).toEqual({ served: [], awaited: [2] });
  });

  it('does not wait for a version that the policy would not select', () => {
    expect(decide(copying(1), whole(2))).toEqual({ served: [2], awaited: [] });
  });

  it('waits for the only version', () => {
    expect(decide(copying(1))).toEqual({ served: [], awaited: [1] });
  });
});
