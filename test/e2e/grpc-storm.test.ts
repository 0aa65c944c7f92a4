import { it } from 'vitest';
import { expectStormToHarmNobody } from '../chaos/harness/expect-storm.js';

it(
  'cancellations, short deadlines, broken connections and streams are felt by their causers only',
  () => expectStormToHarmNobody({ seed: 1, durationMs: 3_000, clients: 2 }),
  120_000,
);
