/**
 * A route of the server's own API as a type: `query` and `body` of its requests where it takes any, and the JSON of its answers, `undefined` where
 * these have none.
 */
export interface Endpoint {
  readonly query?: object;
  readonly body?: unknown;
  readonly answer: unknown;
}

/** Names of the parameters in a path: `'key'` of `GET /keys/{key}`. */
export type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never;

/** A value that JSON is made of: optional members may be undefined, which leaves them out. */
export type Encoded<T> = T extends readonly (infer Item)[]
  ? readonly Encoded<Item>[]
  : T extends object
    ? {
        readonly [Member in keyof T]: object extends Pick<T, Member>
          ? Encoded<T[Member]> | undefined
          : Encoded<T[Member]>;
      }
    : T;

/** A moment: RFC 3339 in UTC, as in `2026-11-27T12:00:00.000Z`. */
export type Timestamp = string;

/** Part of a long list. */
export interface PageQuery {
  /** Entries of a page, 1 to 1,000; default 20. */
  readonly limit?: number;
  /** `next` of the page before; default: the first page. */
  readonly after?: string;
}
