import type { Summary } from './summary.js';

/** How many times as many rollouts; the tables in docs/judge.md are made with 10, and printed with more than 1. */
export const SCALE = Number(process.env.MILLRACE_TEST_JUDGE_SCALE ?? 1);

export const formatPercent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
const formatCount = (requests: number | undefined) => requests?.toLocaleString('en-US') ?? '–';

/** Rows of a table of docs/judge.md. */
export class Table {
  readonly #rows: string[] = [];

  add(...cells: readonly (string | number | undefined)[]): void {
    this.#rows.push(`| ${cells.map((cell) => (typeof cell === 'string' ? cell : formatCount(cell))).join(' | ')} |`);
  }

  addSummary(name: string, { share, median, most }: Summary): void {
    this.add(name, formatPercent(share), median, most);
  }

  print(): void {
    if (SCALE > 1) console.log(`\n${this.#rows.join('\n')}`);
  }
}
