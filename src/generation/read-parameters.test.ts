import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import type { GenerationParameters, NumberLimit, Parameters } from '../core/index.js';
import { MAX_LOGIT_BIAS, NUMBER_LIMITS } from './limits.js';
import { readGenerationParameters } from './read-parameters.js';
import { writeGenerationParameters } from './write-parameters.js';

const read = (parameters: Parameters) => readGenerationParameters(parameters, { vocabularySize: 1_024 });

const KNOWN =
  'max_tokens, temperature, top_p, top_k, min_p, typical_p, frequency_penalty, presence_penalty, repetition_penalty, dry_multiplier, dry_base, dry_allowed_length, dry_penalty_last_n, dry_sequence_breakers, xtc_probability, xtc_threshold, mirostat, mirostat_tau, mirostat_eta, logit_bias, seed, stop, stop_token_ids, min_tokens, ignore_eos, echo, return_token_ids, add_special, parse_special, json_schema, json_schema_strict, json_object, guided_choice, guided_regex, guided_grammar, tool_choice, parallel_tool_calls, cache_salt, logprobs, prompt_logprobs, suffix, drop_oldest_turns, truncate_prompt_tokens';

test.each<[Parameters, string]>([
  [{ temperature: 3 }, 'expected a number from 0 to 2, got 3'],
  [{ top_p: '1' }, 'expected a number from 0 to 1, got "1"'],
  [{ max_tokens: -1 }, 'expected an integer from 0 to 2147483647, got -1'],
  [{ max_tokens: 2n ** 70n }, `expected an integer from 0 to 2147483647, got ${2n ** 70n}`],
  [{ max_tokens: true }, 'expected an integer from 0 to 2147483647, got true'],
  [{ top_k: 1_025 }, 'expected an integer from -1 to 1024, got 1025'],
  [{ stop: [''] }, 'expected a string, or up to 16, of 1 to 1024 characters, got [""]'],
  [{ echo: 1 }, 'expected true or false, got 1'],
  [{ cache_salt: 1 }, 'expected a string, got 1'],
  [
    { logit_bias: { 99999: 1 } },
    'expected an object of up to 1024 token ids below 1024, each with a number from -100 to 100, got {"99999":1}',
  ],
  [{ truncate_prompt_tokens: 0 }, 'expected an integer from 1 on, or -1, got 0'],
  [{ truncate_prompt_tokens: 'x' }, 'expected an integer from -2147483648 to 2147483647, got "x"'],
  [{ truncate_prompt_tokens: 3, suffix: 'x' }, "expected to be left out beside 'suffix'"],
  [{ truncate_prompt_tokens: 3, drop_oldest_turns: true }, "expected to be left out beside 'drop_oldest_turns'"],
  [{ ignore_eos: true, json_object: true }, 'expected to be left out where the answer has a form'],
  [{ json_object: true, json_schema: {} }, "expected to be left out beside 'json_schema'"],
  [{ guided_regex: 'a', guided_choice: ['a'] }, "expected to be left out beside 'guided_choice'"],
  [
    { guided_choice: ['a', ''] },
    'expected a list of up to 1000 texts, none of them empty, with 65536 characters in all at most, got ["a",""]',
  ],
])('refuses %o', (parameters, problem) => {
  const [name = ''] = Object.keys(parameters);
  expect(() => read(parameters)).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: `parameter '${name}': ${problem}`,
      subject: { parameter: name },
    }),
  );
});

it('refuses a parameter that is not known', () => {
  expect(() => read({ temprature: 1 })).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: `parameter 'temprature' is not known; expected ${KNOWN}`,
      subject: { parameter: 'temprature' },
    }),
  );
});

it('takes one stop string, and integers of 64 bits', () => {
  expect(read({ stop: 'END', seed: 7n })).toEqual({ stop: ['END'], seed: 7 });
});

it('takes schemas as strict unless the request says otherwise', () => {
  const schema = { type: 'integer' };
  expect(read({ json_schema: schema })).toEqual({ responseFormat: { type: 'json_schema', schema, strict: true } });
  expect(read({ json_schema: schema, json_schema_strict: false })).toEqual({
    responseFormat: { type: 'json_schema', schema, strict: false },
  });
});

it('bounds no token ids where the size of the vocabulary is not known', () => {
  expect(readGenerationParameters({ top_k: 70_000, logit_bias: { 70000: 1 } }, {})).toEqual({
    topK: 70_000,
    logitBias: { 70000: 1 },
  });
});

const number = ({ least, most }: NumberLimit) => fc.double({ min: least, max: most, noNaN: true });
const integer = ({ least, most }: NumberLimit) => fc.integer({ min: least, max: most });
const { truncatePromptTokens: _, topK: __, seed: ___, ...limits } = NUMBER_LIMITS;
const generation = fc.record(
  {
    maxTokens: integer(limits.maxTokens),
    temperature: number(limits.temperature),
    topP: number(limits.topP),
    topK: fc.integer({ min: -1, max: 1_024 }),
    minP: number(limits.minP),
    frequencyPenalty: number(limits.frequencyPenalty),
    presencePenalty: number(limits.presencePenalty),
    repetitionPenalty: number(limits.repetitionPenalty),
    logitBias: fc.dictionary(fc.nat(1_023).map(String), fc.integer({ min: -MAX_LOGIT_BIAS, max: MAX_LOGIT_BIAS })),
    seed: fc.maxSafeInteger(),
    stop: fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 16 }),
    echo: fc.boolean(),
    returnTokenIds: fc.boolean(),
    addSpecial: fc.boolean(),
    parseSpecial: fc.boolean(),
    responseFormat: fc.constantFrom(
      { type: 'json_object' } as const,
      { type: 'json_schema', schema: { type: 'null' }, strict: false } as const,
      { type: 'choice', choices: ['yes', 'no'] } as const,
      { type: 'regex', regex: '[a-z]+' } as const,
      { type: 'grammar', grammar: 'root ::= "a"' } as const,
    ),
    toolChoice: fc.constantFrom('auto', 'none', { type: 'function', function: { name: 'f' } } as const),
    parallelToolCalls: fc.boolean(),
    cacheSalt: fc.string(),
    logprobs: integer(limits.logprobs),
    promptLogprobs: integer(limits.promptLogprobs),
    suffix: fc.string(),
    dropOldestTurns: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<GenerationParameters>;

it('reads back whatever typed parameters were written as', () => {
  fc.assert(
    fc.property(generation, (typed) => {
      expect(read(writeGenerationParameters(typed))).toEqual(typed);
    }),
  );
});
