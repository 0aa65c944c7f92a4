import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../support/random.js';
import { ATTACKS, type Attack, type AttackOptions, SHARE_IS_FULL } from './attacks.js';
import type { Journal } from './journal.js';

export interface AttackerOptions extends AttackOptions {
  readonly random: Random;
  readonly journal: Journal;
  readonly stopped: () => boolean;
}

/** Sends all attackers at once, each again and again; once at least. */
export async function attack(options: AttackerOptions): Promise<void> {
  await Promise.all(
    ATTACKS.flatMap((each) => {
      const run = each.prepare();
      const attackers = Array.from({ length: each.attackers }, () => ({ ...options, random: options.random.fork() }));
      return attackers.map((attacker) => attackAgain({ ...each, run }, attacker));
    }),
  );
}

type Prepared = Omit<Attack, 'prepare'> & { readonly run: ReturnType<Attack['prepare']> };

async function attackAgain({ name, answers, run }: Prepared, options: AttackerOptions): Promise<void> {
  const { random, journal, stopped } = options;
  do {
    for (const answer of await run(options).catch(({ message }: Error) => [message])) {
      journal.noteAttack(name, answer);
      if (answer !== SHARE_IS_FULL && !answers.includes(answer)) journal.unlisted.push(`${name}: ${answer}`);
    }
    await pause(random.integer(500, 2_000));
  } while (!stopped());
}
