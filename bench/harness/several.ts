import type { Contestant, OpenContestant } from './row.js';
import type { Sample } from './sample.js';

/**
 * Contestants of one kind as one, named as the first: in each round all are measured, one after the other, and the round's sample is their mean. What is
 * chance in one process, such as what its compiler has made of it, counts less then.
 */
export function several(contestants: readonly Contestant[]): Contestant {
  const [first] = contestants;
  if (first === undefined) throw new Error('nobody takes part');
  return {
    name: first.name,
    peer: first.peer,
    async open(settings) {
      const open: OpenContestant[] = [];
      const close = async () => {
        for (const one of open) await one.close();
      };
      try {
        for (const contestant of contestants) open.push(await contestant.open(settings));
      } catch (error) {
        await close();
        throw error;
      }
      return {
        async warmUp() {
          for (const one of open) await one.warmUp();
        },
        async measure() {
          const samples: Sample[] = [];
          for (const one of open) samples.push(await one.measure());
          return meanOf(samples);
        },
        close,
      };
    },
  };
}

/** Of each metric that all samples have. */
function meanOf(samples: readonly Sample[]): Sample {
  const [first = {}] = samples;
  const names = Object.keys(first) as (keyof Sample)[];
  const known = names.filter((name) => samples.every((sample) => sample[name] !== undefined));
  const mean = (name: keyof Sample) => samples.reduce((sum, sample) => sum + (sample[name] ?? 0), 0) / samples.length;
  return Object.fromEntries(known.map((name) => [name, mean(name)]));
}
