import { hashText, mixBits, type TextHash } from '../core/index.js';

/** What a choice needs to know of an arm. */
export interface WeighedArm {
  /** Which keys it gets depends on its name, and on nothing else than that and the weights. */
  readonly seed: TextHash;
  /** Its share is this, divided by the sum of all weights. 0 = nobody gets it. */
  readonly weight: number;
}

const UNIT = 2 ** -32;

/**
 * The arm of a key, by weighted rendezvous hashing: each arm draws an exponential time from the key and its own seed, faster the more
 * weight it has, and the first one wins. So the same key has the same arm in every process, shares are the weights', and where one weight
 * changes, keys only move to or from that arm. Undefined where no arm has any weight.
 */
export function chooseArm<Arm extends WeighedArm>(arms: readonly Arm[], key: string): Arm | undefined {
  const { high, low } = hashText(key);
  let chosen: Arm | undefined;
  let shortest = Number.POSITIVE_INFINITY;
  for (const arm of arms) {
    if (arm.weight <= 0) continue;
    const { seed } = arm;
    const mixed = mixBits((high ^ seed.high) + Math.imul(low ^ seed.low, 0x27d4eb2f));
    // Never 0, of which there is no logarithm.
    const time = -Math.log((mixed + 0.5) * UNIT) / arm.weight;
    if (time < shortest) {
      shortest = time;
      chosen = arm;
    }
  }
  return chosen;
}

/** The arm for a number in [0, 1) where there is no key, by the same shares. */
export function drawArm<Arm extends WeighedArm>(arms: readonly Arm[], random: number): Arm | undefined {
  let total = 0;
  for (const { weight } of arms) total += weight;
  let rest = random * total;
  let last: Arm | undefined;
  for (const arm of arms) {
    if (arm.weight <= 0) continue;
    last = arm;
    rest -= arm.weight;
    if (rest < 0) return arm;
  }
  return last;
}
