import { invalidArgument, MillraceError } from '../../core/index.js';
import type { InferTarget } from '../../service/index.js';
import type { GenerateTarget } from './generate.js';

const PREFIX = '/v2/models/';
const VERSIONS = 'versions/';

/**
 * Matches `/v2/models/{model}[/versions/{version}]/infer`, query allowed; undefined for every other path. Throws
 * `not_found` for a version that is no number and `invalid_argument` for broken percent-encoding.
 */
export function matchInfer(url: string): InferTarget | undefined {
  return matchModel(url, '/infer');
}

/** The same for `…/generate` and `…/generate_stream`. */
export function matchGenerate(url: string): GenerateTarget | undefined {
  const target = matchModel(url, '/generate');
  if (target !== undefined) return { ...target, stream: false };
  const streamed = matchModel(url, '/generate_stream');
  return streamed && { ...streamed, stream: true };
}

function matchModel(url: string, suffix: string): InferTarget | undefined {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (!path.startsWith(PREFIX) || !path.endsWith(suffix)) return undefined;
  const middle = path.slice(PREFIX.length, -suffix.length);
  const slash = middle.indexOf('/');
  if (slash < 0) return middle === '' ? undefined : { name: decodeName(middle), version: undefined };
  const version = middle.slice(slash + 1 + VERSIONS.length);
  if (slash === 0 || !middle.startsWith(VERSIONS, slash + 1) || version === '' || version.includes('/')) {
    return undefined;
  }
  const name = decodeName(middle.slice(0, slash));
  return { name, version: parseVersion(version, name) };
}

/** The number of a version in a path; leading zeros are allowed, as in Triton. Throws `not_found` for anything else. */
export function parseVersion(text: string, modelName: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new MillraceError('not_found', `model '${modelName}' has no version '${text}': versions are positive integers`);
}

function decodeName(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidArgument(`model name '${segment}': the percent-encoding is broken`);
  }
}
