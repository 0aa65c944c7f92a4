import { it } from 'vitest';
import { expectNoHarmByFuzz } from '../fuzz/expect-fuzz.js';
import { chooseSeed } from '../support/random.js';

it('100,000 mutated requests', () => expectNoHarmByFuzz({ seed: chooseSeed(), requests: 100_000 }));
