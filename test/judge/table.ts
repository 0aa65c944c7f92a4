import type { Summary } from './summary.js';

const GIVEN = process.env.MILLRACE_TEST_JUDGE_SCALE;

/** How many times as many rollouts. Where it is given, the tables of docs/judge.md are printed. */
export const SCALE = Number(GIVEN ?? 1);

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
    if (GIVEN !== undefined) console.log(`\n${this.#rows.join('\n')}`);
  }
}
