import type { BatchProblem } from '../store/index.js';
import { KnownIds } from './known-ids.js';
import type { InputLine } from './lines.js';
import { type LineRules, parseLine } from './parse-line.js';

/** Problems that are kept of a file. */
const MAX_PROBLEMS = 100;
/** Bytes, and lines, that are checked in one turn of the event loop. */
const TURN_BYTES = 262_144;
const TURN_LINES = 256;

export interface ValidationRules extends LineRules {
  readonly maxLines: number;
  readonly signal: AbortSignal;
}

/** The number of requests in a file, or what is wrong with it. */
export type Validation = { readonly total: number } | { readonly problems: readonly BatchProblem[] };

/** Checks all lines of a file. Rejects with the reason of the signal. */
export async function validate(lines: AsyncIterable<InputLine>, rules: ValidationRules): Promise<Validation> {
  const { maxLines, turns, signal } = rules;
  const ids = new KnownIds();
  const problems: BatchProblem[] = [];
  let total = 0;
  let bytes = 0;
  for await (const line of lines) {
    signal.throwIfAborted();
    total++;
    bytes += line.bytes?.byteLength ?? 0;
    if (total > maxLines)
      return { problems: [ofFile('too_many_lines', `The file has too many lines: expected at most ${maxLines}.`)] };
    const parsed = await parseLine(line, rules);
    if ('problem' in parsed) problems.push(parsed.problem);
    else if (!ids.add(parsed.request.customId)) problems.push(duplicate(parsed.request.customId, line.number));
    if (problems.length === MAX_PROBLEMS) break;
    if (bytes < TURN_BYTES && total % TURN_LINES !== 0) continue;
    bytes = 0;
    await turns.next();
  }
  if (problems.length > 0) return { problems };
  return total === 0 ? { problems: [ofFile('empty_file', 'The file has no requests.')] } : { total };
}

function ofFile(code: string, message: string): BatchProblem {
  return { code, message, line: undefined, param: undefined };
}

function duplicate(id: string, line: number): BatchProblem {
  const message = `The custom_id '${id.slice(0, 60)}' was used in an earlier line: expected one of its own for each request.`;
  return { code: 'duplicate_custom_id', message, line, param: 'custom_id' };
}
