/** Code of a model that answers once, and a second time when there is the file that its text names. */
export const WAITING_MODEL = `import { existsSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { dirname } from 'node:path';
import { answer, defineModel } from 'millrace/model';

export default defineModel({
  inputs: { text_input: 'BYTES[1]' },
  outputs: { text_output: 'BYTES[1]' },
  async *infer({ inputs, signal }) {
    const file = inputs.text_input.value;
    const changes = watch(dirname(file), { signal });
    yield answer({ text_output: 'first' });
    const wait = async () => {
      for await (const _ of changes) if (existsSync(file)) return;
    };
    await Promise.race([wait(), ...(existsSync(file) ? [undefined] : [])]);
    yield answer({ text_output: 'second' });
  },
});
`;
