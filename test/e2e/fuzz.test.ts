import { it } from 'vitest';
import { expectNoHarmByFuzz } from '../fuzz/expect-fuzz.js';

it(
  'mutated requests of every kind are answered as documented, and harm nobody',
  () => expectNoHarmByFuzz({ seed: 1, requests: 5_000 }),
  120_000,
);
