import { it, vi } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectChaosToHarmNobody } from './harness/expect-chaos.js';

it.each([
  { mode: 'explicit', fastPath: true },
  { mode: 'poll', fastPath: true },
  { mode: 'explicit', fastPath: false },
] as const)(
  '45 s of load from 64 clients in $mode mode, fast path $fastPath: 16 swapped versions, killed runners, a hanging model, frozen peers, then SIGTERM',
  async ({ mode, fastPath }) => {
    vi.stubEnv('MILLRACE_SERVER_FAST_PATH', String(fastPath));
    await expectChaosToHarmNobody({ seed: chooseSeed(), durationMs: 45_000, swaps: 16, clients: 64, mode });
  },
);
