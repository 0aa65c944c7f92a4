import type { EventBus, StandardStream } from '../core/index.js';
import { formatJson } from './format/json.js';
import type { Io } from './io.js';
import type { SlicedOutput } from './sliced-output.js';

const NAMES: Readonly<Record<StandardStream, string>> = { stdout: 'standard output', stderr: 'standard error' };

const CAUSES: Readonly<Record<string, string>> = {
  EPIPE: ' (its reader has gone)',
  EIO: ' (its terminal has gone)',
  ENOSPC: ' (the disk is full)',
};

interface ServerOutput {
  readonly events: EventBus;
  readonly output: SlicedOutput;
  readonly json: boolean;
}

/** Lets a server outlive its outputs: every failed write is an event, and the first one of each stream is reported on the other. */
export function surviveOutputFailures(io: Pick<Io, 'onOutputFailure'>, { events, output, json }: ServerOutput): void {
  // A report may fail in turn: it is an event as well, but makes no report of a stream that has had its own.
  const reported = new Set<StandardStream>();
  io.onOutputFailure((failure) => events.publish('outputFailed', failure));
  events.subscribe('outputFailed', ({ stream, code }) => {
    if (reported.has(stream)) return;
    reported.add(stream);
    const message = `writing to the ${NAMES[stream]} failed: ${code}${CAUSES[code] ?? ''}; the server continues, and counts further failures in millrace_output_failures_total`;
    if (stream === 'stdout') {
      events.publish('diagnostic', { level: 'error', room: 'app', message, fields: { stream, code } });
    } else {
      void output.print([json ? formatJson({ event: 'output_failed', stream, code, message }) : `${message}\n`]);
    }
  });
}
