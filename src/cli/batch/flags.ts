import { InvalidArgumentError } from 'commander';
import { type ErrorLimit, type Pairing, parsePairing } from '../../batch-files/index.js';
import { messageOf } from '../../core/index.js';
import type { ServerFlags } from '../server-options.js';
import type { GivenFlags } from '../setting-flags.js';

/** Flags of `millrace batch run`. */
export interface BatchFlags extends ServerFlags, GivenFlags {
  readonly local?: true;
  readonly input: string;
  readonly output: string;
  readonly map?: readonly Pairing[];
  readonly mapOutput?: readonly Pairing[];
  readonly keep?: readonly string[];
  readonly rowNumber?: string;
  readonly batchSize?: number;
  readonly checkpointRows?: number;
  readonly inFlight?: number;
  readonly maxErrors: ErrorLimit;
  readonly maxRowBytes: number;
  readonly errors?: string;
  readonly parts?: true;
  readonly restart?: true;
  readonly dryRun?: number | true;
  readonly report?: string;
  readonly modelVersion?: number;
  readonly json?: true;
}

export function readPairing(text: string): Pairing {
  try {
    return parsePairing(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

/** A count, or a share of all rows: `100`, `2.5%`. */
export function readErrorLimit(text: string): ErrorLimit {
  const [, digits, percent] = /^(\d{1,15}(?:\.\d{1,4})?)(%?)$/.exec(text) ?? [];
  const value = Number(digits);
  if (percent === '%' && value <= 100) return { share: value / 100 };
  if (percent === '' && Number.isInteger(value)) return { count: value };
  throw new InvalidArgumentError(`Expected a count or a share such as 5%, got '${text}'.`);
}

/** Names separated by commas; the flag may be repeated. */
export function readNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((name) => name !== '')];
}

/** The file of a report, by whose ending its form is known. */
export function readReportFile(text: string): string {
  if (/\.(json|html)$/i.test(text)) return text;
  throw new InvalidArgumentError(`Expected a file that ends in .json or .html, got '${text}'.`);
}
