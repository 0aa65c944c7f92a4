import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A fenced block of shell in Markdown. */
export interface ShellBlock {
  readonly page: string;
  /** Of the fence that opens it, from 1. */
  readonly line: number;
  readonly script: string;
  /**
   * What follows the fence: `sh test` is run by test/e2e/docs-shell.test.ts, `sh package` by `npm run check:package`,
   * `sh conformance` by test/conformance/sources, `sh image` by test/conformance/image, `sh example` by a test of the page, all blocks in one shell.
   */
  readonly tag: string;
  /** The `json expect` block behind it: what it must answer. */
  readonly expected: unknown;
}

const LEFT_OUT = /^(?:node_modules|dist|coverage|tmp|\..*)$/;
const BLOCK =
  /^[ \t]*```(?<tag>(?:sh|bash|zsh|shell|console)\b[^\n]*)\n(?<script>.*?)^[ \t]*```\n(?:\n```json expect\n(?<expected>.*?)^```$)?/gms;

/** Every Markdown file of the repository, relative to it. */
export function markdownPages(folder = '.'): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.test(entry.name) ? [] : markdownPages(name);
    return name.endsWith('.md') ? [name] : [];
  });
}

export function shellBlocksOf(page: string, text = readFileSync(page, 'utf8')): readonly ShellBlock[] {
  const unix = text.replaceAll('\r\n', '\n');
  return [...unix.matchAll(BLOCK)].map(({ index, groups = {} }) => ({
    page,
    line: unix.slice(0, index).split('\n').length,
    script: groups.script ?? '',
    tag: groups.tag ?? '',
    expected: groups.expected === undefined ? undefined : JSON.parse(groups.expected),
  }));
}
