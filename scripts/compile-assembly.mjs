/** `npm run assembly`: compiles what is written in AssemblyScript into the module of src that carries it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ASSEMBLY, compileAssembly } from './assembly.mjs';

await writeFile(path.join(import.meta.dirname, '..', ASSEMBLY.target), await compileAssembly());
