import { setTimeout } from 'node:timers/promises';
import { defineModel } from 'millrace/model';

const PAUSE_MS = 5;

/** Says the words of a text again and again, as often as its options ask for tokens: what Triton's vLLM backend takes. */
export default defineModel({
  inputs: {
    text_input: 'BYTES[1]',
    stream: 'BOOL[1]?',
    sampling_parameters: 'BYTES[1]?',
    exclude_input_in_output: 'BOOL[1]?',
  },
  outputs: { text_output: 'BYTES[-1]' },
  async *infer({ inputs, signal }) {
    const words = inputs.text_input.value.split(/\s+/).filter((word) => word !== '');
    const options: { readonly max_tokens?: number } = JSON.parse(inputs.sampling_parameters?.value ?? '{}');
    for (let index = 0; words.length > 0 && index < (options.max_tokens ?? 16); index++) {
      await setTimeout(PAUSE_MS, undefined, { signal });
      yield { text_output: [`${words[index % words.length]} `] };
    }
  },
});
