import { answer, defineModel, ModelError } from 'millrace/model';

/** The words of a text one by one, as a language model would give its tokens. `generate_stream` reads it, too. */
export default defineModel({
  inputs: { text_input: 'BYTES[1]' },
  outputs: { text_output: 'BYTES[1]' },

  *infer({ inputs }) {
    const words = inputs.text_input.value.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) throw new ModelError('invalid_argument', 'text_input holds no word');
    // Each `yield` waits until the reader has room.
    for (const [index, word] of words.entries())
      yield answer({ text_output: word }, { index, last: index === words.length - 1 });
  },
});
