/** What became of a request, in what it has really taken; undefined = it has nothing of the kind, and such limits do not concern it. */
export interface Used {
  readonly requests: number;
  readonly rows: number;
  readonly tokens: number | undefined;
  readonly bytes: number;
  readonly computeMs: number;
}

/** What a request may take, by what it is counted in. What is not known before, such as `computeMs`, is 0. */
export interface Amounts extends Used {
  /** 1 from its beginning to its end. */
  readonly running: number;
}

export type AmountKind = keyof Amounts;

/** What of a kind is taken. Spelled out since reading a property by a name that varies costs several times as much. */
export function amountOf(amounts: Used & Partial<Amounts>, kind: AmountKind): number | undefined {
  switch (kind) {
    case 'requests':
      return amounts.requests;
    case 'running':
      return amounts.running;
    case 'rows':
      return amounts.rows;
    case 'tokens':
      return amounts.tokens;
    case 'bytes':
      return amounts.bytes;
    case 'computeMs':
      return amounts.computeMs;
    default:
      return kind satisfies never;
  }
}
