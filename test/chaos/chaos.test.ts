import { it, vi } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectChaosToHarmNobody } from './harness/expect-chaos.js';

it.each([
  { mode: 'explicit', fastPath: true, adversities: ['attackers', 'hang-ups', 'overlap'] },
  { mode: 'poll', fastPath: true, adversities: ['attackers', 'hang-ups', 'repositories'] },
  { mode: 'explicit', fastPath: false, adversities: ['attackers', 'hang-ups', 'log reader'] },
] as const)(
  '30 s of load from 64 clients in $mode mode, fast path $fastPath: 10 swapped versions, killed runners, a hanging model, frozen peers, $adversities, then SIGTERM',
  async ({ mode, fastPath, adversities }) => {
    vi.stubEnv('MILLRACE_SERVER_FAST_PATH', String(fastPath));
    const size = { durationMs: 30_000, swaps: 10, clients: 64 };
    await expectChaosToHarmNobody({ seed: chooseSeed(), ...size, mode, adversities });
  },
);
