import { type GenerationSpec, isIntegerWithin, type SamplingDefaults, type SamplingParameters } from '../core/index.js';
import { NUMBER_LIMITS } from './limits.js';

/** Values of requests that leave a parameter out, to models without defaults of their own. */
export const SAMPLING_DEFAULTS: Required<SamplingDefaults> = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  frequencyPenalty: 0,
  presencePenalty: 0,
  repetitionPenalty: 1,
};

/** Parameters for which models have defaults of their own. */
export const SAMPLING_NAMES = Object.keys(SAMPLING_DEFAULTS) as readonly (keyof SamplingDefaults)[];

/** The values that requests to a model get which leave the parameters out. */
export function effectiveSampling({ sampling }: Pick<GenerationSpec, 'sampling'>): Required<SamplingDefaults> {
  return { ...SAMPLING_DEFAULTS, ...sampling };
}

/** A request, with a model's defaults for the parameters that it leaves out. */
export function withSampling<Request extends SamplingParameters>(
  request: Request,
  defaults: SamplingDefaults,
): Request {
  const missing = SAMPLING_NAMES.filter((name) => request[name] === undefined && defaults[name] !== undefined);
  if (missing.length === 0) return request;
  return { ...request, ...Object.fromEntries(missing.map((name) => [name, defaults[name]])) };
}

/** Whether a request may set a parameter to a value. */
export function isSamplingValue(name: keyof SamplingDefaults, value: unknown): value is number {
  if (typeof value !== 'number') return false;
  const limit = NUMBER_LIMITS[name];
  return name === 'topK' ? isIntegerWithin(value, limit) : value >= limit.least && value <= limit.most;
}
