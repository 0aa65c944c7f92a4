/** One place of a source, and the text to put there. */
export interface Mutation {
  /** Counted from 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Every mutation of a TypeScript source, in the order of their places. */
export function mutationsOf(text: string): readonly Mutation[];

/** The source with the mutation. */
export function apply(text: string, mutation: Mutation): string;

/** The line of the mutation, trimmed: in the source, and with the mutation. */
export function linesOf(text: string, mutation: Mutation): { readonly before: string; readonly after: string };

/** `count` of the items, chosen by the seed: the same ones for the same items. */
export function sample<Item>(
  items: readonly Item[],
  options: { readonly count: number; readonly seed: number },
): readonly Item[];
