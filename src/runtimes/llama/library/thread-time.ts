import koffi from 'koffi';

/** `CLOCK_THREAD_CPUTIME_ID` of `time.h`, by platform. */
const THREAD_CLOCKS: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 3, darwin: 16 };

/** Milliseconds of a processor that the calling thread has taken; where the system does not say so, milliseconds that have passed. */
export function openThreadTime(): () => number {
  const clock = THREAD_CLOCKS[process.platform];
  if (clock === undefined) return () => performance.now();
  const read = koffi.load(null).func('int clock_gettime(int clock, void *time)');
  // Seconds and nanoseconds.
  const time = new BigInt64Array(2);
  return () => {
    read(clock, time);
    return Number(time[0]) * 1_000 + Number(time[1]) / 1_000_000;
  };
}
