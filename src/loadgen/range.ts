import { invalidArgument, type MillraceError } from '../core/index.js';

/** `8`, `1:16`, `1:16:5` (start:end:step, both ends included) or `1,8,32` as a list; what perf_analyzer's ranges take. */
export function parseRange(text: string): number[] {
  if (text.includes(',')) return text.split(',').map((part) => positive(part, text));
  const parts = text.split(':');
  if (parts.length > 3) throw invalid(text);
  const [start, end, step] = parts.map((part) => positive(part, text));
  if (start === undefined) throw invalid(text);
  const values: number[] = [];
  for (let value = start; value <= (end ?? start) && values.length < 1000; value += step ?? 1) values.push(value);
  if (values.length === 0) throw invalid(text);
  return values;
}

function positive(part: string, text: string): number {
  const value = Number(part);
  if (part.trim() === '' || !Number.isFinite(value) || value <= 0) throw invalid(text);
  return value;
}

function invalid(text: string): MillraceError {
  return invalidArgument(`range: expected N, START:END, START:END:STEP or A,B,C with numbers above 0, got '${text}'`);
}
