import { it } from 'vitest';
import { expectChaosToHarmNobody } from '../chaos/harness/expect-chaos.js';

it.each(['explicit', 'poll'] as const)(
  'kills, hangs, swaps, clients that leave or freeze and a stop under load are felt by their causers only in %s mode',
  (mode) => expectChaosToHarmNobody({ seed: 1, durationMs: 3_000, swaps: 3, clients: 16, mode }),
  180_000,
);
