import type { Range } from './pattern/parse.js';

/** A set of characters as llama.cpp reads it. */
export function setOf(ranges: readonly Range[]): string {
  return `[${ranges.map(([from, to]) => (from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`)).join('')}]`;
}

function escaped(code: number): string {
  const character = String.fromCodePoint(code);
  if (/^[a-zA-Z0-9]$/.test(character)) return character;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
