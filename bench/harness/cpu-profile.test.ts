import { describe, expect, it } from 'vitest';
import { placeTimes, selfTimes } from './cpu-profile.js';

describe('a CPU profile', () => {
  const frame = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
    id,
    callFrame: { functionName, url, lineNumber: 4 },
    children,
  });
  const PROFILE = {
    nodes: [
      frame(1, 'parse', 'node:http'),
      frame(2, '(idle)', ''),
      frame(3, '', 'node:http'),
      frame(4, 'parse', 'node:http'),
      frame(5, 'send', new URL('../../dist/server/send.js', import.meta.url).href, [6]),
      frame(6, 'writev', ''),
    ],
    samples: [1, 2, 3, 4, 6],
    timeDeltas: [5, 1, 2, 3, 4],
  };

  it('is summed up by function and by place', () => {
    const times = selfTimes(PROFILE);
    expect(times).toEqual([
      { name: 'parse (node:http:5)', microseconds: 8 },
      { name: 'native writev for send (dist/server/send.js:5)', microseconds: 4 },
      { name: 'anonymous (node:http:5)', microseconds: 2 },
      { name: '(idle)', microseconds: 1 },
    ]);
    expect(placeTimes(times)).toEqual([
      { name: 'node:http', microseconds: 10 },
      { name: 'native writev', microseconds: 4 },
      { name: '(idle)', microseconds: 1 },
    ]);
  });

  it('can be cut down to its last part', () => {
    expect(selfTimes(PROFILE, 5)).toEqual([
      { name: 'native writev for send (dist/server/send.js:5)', microseconds: 4 },
      { name: 'parse (node:http:5)', microseconds: 3 },
    ]);
  });
});
