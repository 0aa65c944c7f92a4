import { type SamplingParameters, withoutUndefined } from '../../core/index.js';
import { areBreakers, BREAKERS_FORM, NUMBER_LIMITS } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';

/** Reads how tokens are chosen, in the names of OpenAI, vLLM and llama.cpp. Throws `ParameterError`. */
export function readSampling(fields: Fields): SamplingParameters {
  const limits = NUMBER_LIMITS;
  return withoutUndefined<SamplingParameters>({
    temperature: fields.number('temperature', limits.temperature),
    topP: fields.number('top_p', limits.topP),
    topK: fields.integer('top_k', limits.topK),
    minP: fields.number('min_p', limits.minP),
    typicalP: fields.number('typical_p', limits.typicalP),
    frequencyPenalty: fields.number('frequency_penalty', limits.frequencyPenalty),
    presencePenalty: fields.number('presence_penalty', limits.presencePenalty),
    repetitionPenalty: readRepetitionPenalty(fields),
    dryMultiplier: fields.number('dry_multiplier', limits.dryMultiplier),
    dryBase: fields.number('dry_base', limits.dryBase),
    dryAllowedLength: fields.integer('dry_allowed_length', limits.dryAllowedLength),
    dryPenaltyLastN: fields.integer('dry_penalty_last_n', limits.dryPenaltyLastN),
    drySequenceBreakers: readBreakers(fields),
    xtcProbability: fields.number('xtc_probability', limits.xtcProbability),
    xtcThreshold: fields.number('xtc_threshold', limits.xtcThreshold),
    mirostat: fields.integer('mirostat', limits.mirostat),
    mirostatTau: fields.number('mirostat_tau', limits.mirostatTau),
    mirostatEta: fields.number('mirostat_eta', limits.mirostatEta),
    seed: fields.integer('seed', limits.seed),
    logitBias: readLogitBias(fields),
  });
}

/** vLLM's name, or llama.cpp's. */
function readRepetitionPenalty(fields: Fields): number | undefined {
  const ours = fields.number('repetition_penalty', NUMBER_LIMITS.repetitionPenalty);
  const theirs = fields.number('repeat_penalty', NUMBER_LIMITS.repetitionPenalty);
  if (ours !== undefined && theirs !== undefined && ours !== theirs) {
    fields.refuse('repeat_penalty', `to be left out beside 'repetition_penalty'`);
  }
  return ours ?? theirs;
}

function readBreakers(fields: Fields): readonly string[] | undefined {
  const value = fields.any('dry_sequence_breakers');
  if (value === undefined || areBreakers(value)) return value;
  return fields.refuse('dry_sequence_breakers', BREAKERS_FORM);
}

function readLogitBias(fields: Fields): Readonly<Record<string, number>> | undefined {
  const value = fields.any('logit_bias');
  if (value === undefined) return undefined;
  const entries =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  const isBias = ([token, bias]: [string, unknown]) =>
    /^\d+$/.test(token) && typeof bias === 'number' && Math.abs(bias) <= 100;
  if (entries === undefined || !entries.every(isBias)) {
    fields.refuse('logit_bias', 'an object of token ids, each with a number from -100 to 100');
  }
  return entries.length === 0 ? undefined : (value as Record<string, number>);
}
