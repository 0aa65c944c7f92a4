import type { TemplateVariables } from './adapt-variables.js';

/** What may be left of a conversation: all of it first, then without its oldest turns, one more each time. */
export function shorterConversations(variables: TemplateVariables): readonly TemplateVariables[] {
  const messages = variables.messages as readonly { readonly role?: unknown }[];
  const first = messages.findIndex(({ role }) => role !== 'system');
  const instructions = messages.slice(0, Math.max(0, first));
  // A turn begins with what a user says: templates want that first, and results of calls stay with the calls.
  const turns = messages.flatMap(({ role }, index) => (role === 'user' && index > first ? [index] : []));
  return [variables, ...turns.map((from) => ({ ...variables, messages: [...instructions, ...messages.slice(from)] }))];
}

/**
 * What `make` makes of the first of `candidates` that fits, found with few attempts, since each that comes later is shorter; undefined
 * where none does.
 */
export async function firstThatFits<Candidate, Made>(
  candidates: readonly Candidate[],
  make: (candidate: Candidate) => Promise<Made | undefined>,
): Promise<Made | undefined> {
  let low = 0;
  let high = candidates.length;
  let best: Made | undefined;
  // Most conversations fit as they are.
  for (let at = 0; low < high; at = (low + high) >> 1) {
    const made = await make(candidates[at] as Candidate);
    if (made === undefined) low = at + 1;
    else {
      best = made;
      high = at;
    }
  }
  return best;
}
