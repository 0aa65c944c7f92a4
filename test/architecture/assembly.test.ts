import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ASSEMBLY, compileAssembly } from '../../scripts/assembly.mjs';

it('the WebAssembly that src carries is what its source compiles to (npm run assembly)', async () => {
  expect(readFileSync(ASSEMBLY.target, 'utf8')).toBe(await compileAssembly());
});
