/** Keys of all that speak to the server. */
export const KEYS = {
  /** Of the clients whose answers are checked. */
  oracle: 'oracle-key-0123456789',
  /** Of the operator, who loads, reloads and makes keys. */
  ops: 'ops-key-0123456789',
  /** Of the peers that are frozen. */
  frozen: 'frozen-key-0123456789',
  /** Of the attackers: it may only infer. */
  attacker: 'attacker-key-0123456789',
  /** Of those attackers that hold memory: their share is full, and so others of their key would be refused before their attack. */
  hoarder: 'hoarder-key-0123456789',
  /** Which comes and goes with the settings. */
  guest: 'guest-key-0123456789',
} as const;

export type KeyHolder = keyof typeof KEYS;

/** The header that says who asks. */
export function as(holder: KeyHolder): { readonly authorization: string } {
  return { authorization: `Bearer ${KEYS[holder]}` };
}
