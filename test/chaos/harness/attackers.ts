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
  const attackers = ATTACKS.flatMap((each) => Array.from({ length: each.attackers }, () => each));
  await Promise.all(attackers.map((each) => attackOn(each, { ...options, random: options.random.fork() })));
}

async function attackOn({ name, answers, run }: Attack, options: AttackerOptions): Promise<void> {
  const { random, journal, stopped } = options;
  do {
    for (const answer of await run(options).catch(({ message }: Error) => [message])) {
      journal.noteAttack(name, answer);
      if (answer !== SHARE_IS_FULL && !answers.includes(answer)) journal.wrong.push(`attack by ${name}: ${answer}`);
    }
    await pause(random.integer(500, 2_000));
  } while (!stopped());
}
