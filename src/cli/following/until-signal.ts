import { exitCodeOfSignal } from '../exit-code.js';
import type { Io, Signal } from '../io.js';

/** The exit code of `work`, or of SIGINT or SIGTERM, which abort it: then `stopped` is written to the standard error. Rejects as `work`. */
export async function untilSignal(
  io: Pick<Io, 'onSignal' | 'stderr'>,
  work: (signal: AbortSignal) => Promise<number>,
  stopped: string,
): Promise<number> {
  const stop = new AbortController();
  const signals: Signal[] = [];
  const forget = io.onSignal((signal) => {
    signals.push(signal);
    stop.abort();
  });
  try {
    return await work(stop.signal);
  } catch (error) {
    const [signal] = signals;
    if (signal === undefined) throw error;
    io.stderr.write(stopped);
    return exitCodeOfSignal(signal);
  } finally {
    forget();
  }
}
