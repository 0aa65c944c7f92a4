import { it } from 'vitest';
import { chooseSeed } from '../support/random.js';
import { expectStormToHarmNobody } from './harness/expect-storm.js';

it('half a minute of cancellations, short deadlines, broken connections and streams over gRPC', () =>
  expectStormToHarmNobody({ seed: chooseSeed(), durationMs: 30_000, clients: 6 }));
