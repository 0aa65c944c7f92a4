import { type GrammarRules, literal } from './rules.js';

/** Any text up to a marker, with it: a rule for each part of the marker that has come. */
export function ruleUntil(rules: GrammarRules, marker: string): string {
  const letters = [...new Set(marker)];
  const states = Array.from(marker, () => rules.newName());
  const [first = ''] = states;
  for (const [come, state] of states.entries()) {
    const after = letters.map((letter) => {
      const length = comeAfter(marker, `${marker.slice(0, come)}${letter}`);
      return `${literal(letter)} ${states[length] ?? ''}`;
    });
    rules.set(state, [...after, `[^${letters.map(escaped).join('')}] ${first}`].join(' | '));
  }
  return first;
}

/** How much of a marker a text ends with. */
function comeAfter(marker: string, text: string): number {
  let length = text.length;
  while (!text.endsWith(marker.slice(0, length))) length--;
  return length;
}

function escaped(character: string): string {
  return /[[\]\\^]/.test(character) ? `\\${character}` : character;
}
