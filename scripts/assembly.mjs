import { readFile } from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const root = path.dirname(import.meta.dirname);

/** What is compiled to WebAssembly, and the module of src that carries it: no build and no test then needs the compiler. */
export const ASSEMBLY = {
  source: 'assembly/floats.ts',
  target: 'src/protocols/shared/json/floats.wasm.ts',
};

const OPTIONS = [
  ['-O3', '--noAssert'],
  ['--enable', 'simd'],
  ['--runtime', 'stub'],
  // A memory of 128 KiB that never grows; the source says what is where.
  ['--initialMemory', '2', '--maximumMemory', '2', '--memoryBase', '1024'],
].flat();

/** The text of the target. Throws what the compiler says. */
export async function compileAssembly() {
  let wasm;
  const { error, stderr } = await asc.main([ASSEMBLY.source, ...OPTIONS, '--outFile', 'out.wasm'], {
    readFile: (file) => readFile(path.join(root, file), 'utf8').catch(() => null),
    writeFile: (_file, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || wasm === undefined) throw new Error(`${ASSEMBLY.source}: ${stderr}`, { cause: error });
  return `/** ${ASSEMBLY.source} and what it imports, compiled by \`npm run assembly\`: a WebAssembly module in base64. */
export const FLOATS_WASM =
  '${Buffer.from(wasm).toString('base64')}';
`;
}
