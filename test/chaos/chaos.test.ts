import { it } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectChaosToHarmNobody } from './harness/expect-chaos.js';

it('a minute of load from 64 clients, 20 swapped versions, killed runners, a hanging model, then SIGTERM', () =>
  expectChaosToHarmNobody({ seed: chooseSeed(), durationMs: 60_000, swaps: 20, clients: 64 }));
