/** Files by path: a model repository to begin with. `types` is where `millrace/model` is typed; undefined = installed. */
export function sampleRepository(types: string | undefined): Readonly<Record<string, string>> {
  return {
    'hello/1/model.ts': HELLO,
    'countdown/1/model.ts': COUNTDOWN,
    'tsconfig.json': `${JSON.stringify(tsconfig(types), null, 2)}\n`,
  };
}

const HELLO = `import { defineModel, ModelError } from 'millrace/model';

/** Greets whom it is told of: a name in, a greeting out. The types of both follow from what is declared. */
export default defineModel({
  inputs: { name: 'BYTES[1]' },
  outputs: { greeting: 'BYTES[1]', length: 'INT32[1]' },

  infer({ inputs }) {
    const name = inputs.name.value;
    if (name === '') throw new ModelError('invalid_argument', 'whom shall I greet?');
    return { greeting: \`Hello, \${name}!\`, length: name.length };
  },
});
`;

const COUNTDOWN = `import { defineModel } from 'millrace/model';

/** Counts down, one answer for each number: a generator may answer any number of times. */
export default defineModel({
  inputs: { from: 'INT32[1]' },
  outputs: { number: 'INT32[1]' },

  async *infer({ inputs, signal }) {
    for (let number = inputs.from.value; number > 0 && !signal.aborted; number--) {
      yield { number };
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  },
});
`;

/** For editors only: nothing is compiled. */
function tsconfig(types: string | undefined): object {
  return {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023', 'DOM'],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      ...(types === undefined ? {} : { paths: { 'millrace/model': [types] } }),
    },
    include: ['**/*.ts'],
  };
}
