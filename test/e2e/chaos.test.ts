import { it } from 'vitest';
import { expectChaosToHarmNobody } from '../chaos/harness/expect-chaos.js';

it(
  'kills, hangs, swaps, clients that leave and a stop under load are felt by their causers only',
  () => expectChaosToHarmNobody({ seed: 1, durationMs: 3_000, swaps: 3, clients: 16 }),
  180_000,
);
