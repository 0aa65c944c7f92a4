import type { RemoteProgress, RunProgress } from '../../batch-files/index.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { withProgress } from '../progress.js';
import type { BatchFlags } from './flags.js';
import { formatProgress, formatRequests, paceOf } from './view.js';

/** Between two lines where there is no terminal. */
const LINE_EVERY_MS = 10_000;
/** Between two JSON events. */
const EVENT_EVERY_MS = 1_000;
/** Between two pictures of the bar. */
const DRAW_EVERY_MS = 100;

/** Shows how far a run is: a bar on a terminal, else lines, or JSON events. */
export function followRun<T>(
  io: Io,
  { json }: Pick<BatchFlags, 'json'>,
  work: (onProgress: (progress: RunProgress) => void) => Promise<T>,
): Promise<T> {
  const startedAt = io.clock.now();
  let beganAt: number | undefined;
  const shows = (show: (progress: RunProgress, elapsedMs: number) => void, everyMs: number) => {
    let shownAt = startedAt;
    return (progress: RunProgress) => {
      // Where an earlier run has ended, the first block of this one begins.
      beganAt ??= progress.resumedRows === 0 ? 0 : progress.share;
      const now = io.clock.now();
      if (now - shownAt < everyMs) return;
      shownAt = now;
      show(progress, now - startedAt);
    };
  };
  const line = (progress: RunProgress, elapsedMs: number, withBar: boolean) =>
    formatProgress(progress, paceOf(progress, elapsedMs, beganAt ?? 0), withBar);
  if (json === true) {
    return work(
      shows(({ counts, totalRows, share }) => {
        const { rows, written, failed } = counts;
        io.stdout.write(
          formatJson({ event: 'progress', rows, written_rows: written, failed, total_rows: totalRows, share }),
        );
      }, EVENT_EVERY_MS),
    );
  }
  if (!io.stderr.isTTY) {
    return work(
      shows((progress, elapsedMs) => io.stderr.write(`${line(progress, elapsedMs, false)}\n`), LINE_EVERY_MS),
    );
  }
  return withProgress(io, { text: 'running rows', exitOnSignal: false }, (bar) =>
    work(shows((progress, elapsedMs) => bar.update(line(progress, elapsedMs, true)), DRAW_EVERY_MS)),
  );
}

/** Shows how far a server is with the requests of a run, in the same way. */
export function followServer<T>(
  io: Io,
  { json }: { readonly json: boolean },
  work: (onProgress: (progress: RemoteProgress) => void) => Promise<T>,
): Promise<T> {
  let shownAt = io.clock.now();
  const shows = (show: (progress: RemoteProgress) => void, everyMs: number) => (progress: RemoteProgress) => {
    const now = io.clock.now();
    if (now - shownAt < everyMs) return;
    shownAt = now;
    show(progress);
  };
  if (json) {
    const print = ({ done, total, failed }: RemoteProgress) =>
      io.stdout.write(formatJson({ event: 'requests', done, total, failed }));
    return work(shows(print, EVENT_EVERY_MS));
  }
  if (!io.stderr.isTTY) {
    return work(shows((progress) => io.stderr.write(`${formatRequests(progress, false)}\n`), LINE_EVERY_MS));
  }
  return withProgress(io, { text: 'sending requests', exitOnSignal: false }, (bar) =>
    work(shows((progress) => bar.update(formatRequests(progress, true)), DRAW_EVERY_MS)),
  );
}
