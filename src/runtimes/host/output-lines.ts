import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../../core/index.js';

const MAX_LINE_LENGTH = 2_000;
const MAX_LINES = 50;
const WINDOW_MS = 10_000;

/**
 * Hands on what a process prints, line by line, without colours. A longer line is cut at 2,000 characters, more than
 * 50 lines in 10 s are dropped and counted in one line. The stream is always drained, so that nobody blocks on it.
 */
export function forwardLines(stream: Readable, clock: Clock, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let windowStart = clock.now();
  let lines = 0;

  const endWindow = () => {
    if (lines > MAX_LINES) onLine(`(${lines - MAX_LINES} more lines were dropped)`);
    windowStart = clock.now();
    lines = 0;
  };
  const forward = (line: string) => {
    const text = stripVTControlCharacters(line).trimEnd();
    if (text === '') return;
    if (clock.now() - windowStart > WINDOW_MS) endWindow();
    lines++;
    if (lines <= MAX_LINES) onLine(text.length > MAX_LINE_LENGTH ? `${text.slice(0, MAX_LINE_LENGTH)}…` : text);
  };

  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    // A line without an end is kept up to the length that will be shown, and one more to see that it was longer.
    rest = (parts.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    for (const line of parts) forward(line);
  });
  stream.on('end', () => {
    forward(rest);
    endWindow();
  });
  stream.on('error', () => undefined);
}
