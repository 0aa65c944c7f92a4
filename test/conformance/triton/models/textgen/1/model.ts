import { setTimeout } from 'node:timers/promises';
import { defineModel, ModelError } from 'millrace/model';

const PAUSE_MS = 10;

/** An answer for each word of a text: the word in capitals, and what else it was asked. `ERR` is a bad word. */
export default defineModel({
  inputs: {
    text_input: 'BYTES[1]',
    stream: 'BOOL[1]?',
    max_tokens: 'INT32[1]?',
    temperature: 'FP32[1]?',
    stop: 'BYTES[-1]?',
  },
  outputs: { text_output: 'BYTES[1]', params: 'BYTES[1]' },
  async *infer({ inputs, parameters, signal }) {
    const { stream, max_tokens, temperature, stop } = inputs;
    const params = dump({
      max_tokens: max_tokens && [...max_tokens.data],
      parameters,
      stop: stop && [...stop.data],
      stream: stream && [...stream.data].map(Boolean),
      temperature:
        temperature && [...temperature.data].map((value) => (Number.isInteger(value) ? `${value}.0` : value)),
    }).replace(/"(\d+\.0)"/g, '$1');
    const words = inputs.text_input.value.split(' ');
    for (const word of words.slice(0, max_tokens?.value)) {
      if (word === 'ERR') throw new ModelError('invalid_argument', 'bad word');
      await setTimeout(PAUSE_MS, undefined, { signal });
      yield { text_output: word.toUpperCase(), params };
    }
  },
});

/** JSON as Python writes it. */
function dump(value: unknown): string {
  if (value === undefined) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(dump).join(', ')}]`;
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${dump(member)}`);
  return `{${members.join(', ')}}`;
}
