import type { Colors } from '../io.js';

const LINES_BEFORE = 2;

/** A line of a text with those in front of it, numbered, and a mark under the column; both count from 1. */
export function formatSourceLines(
  text: string,
  { line, column }: { readonly line: number; readonly column: number },
  { dim, red }: Colors,
): readonly string[] {
  const first = Math.max(1, line - LINES_BEFORE);
  const lines = text.split('\n').slice(first - 1, line);
  if (lines.length < line - first + 1) return [];
  const width = String(line).length;
  const numbered = lines.map((content, index) => `  ${dim(`${String(first + index).padStart(width)} |`)} ${content}`);
  // Tabs stay tabs, so that the mark stands where the terminal puts the character.
  const indent = (lines.at(-1) ?? '').slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
  return [...numbered, `  ${' '.repeat(width)} ${dim('|')} ${indent}${red('^')}`];
}
