import { it } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectChaosToHarmNobody } from './harness/expect-chaos.js';

it.each(['explicit', 'poll'] as const)(
  '45 s of load from 64 clients in %s mode: 16 swapped versions, killed runners, a hanging model, frozen peers, then SIGTERM',
  (mode) => expectChaosToHarmNobody({ seed: chooseSeed(), durationMs: 45_000, swaps: 16, clients: 64, mode }),
);
