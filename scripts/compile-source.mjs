import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.dirname(import.meta.dirname);

/** Compiles a file of src, named without its ending, and what it imports: for those who need what no room shows to others. */
export async function compileSource(file) {
  const built = await rolldown({
    input: path.join(root, 'src', `${file}.ts`),
    external: /^[^./]/,
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    tsconfig: false,
  });
  // Inside the project, where packages are found.
  const compiled = path.join(root, '.cache/source', `${file}.js`);
  await built.write({ file: compiled, codeSplitting: false });
  return compiled;
}
