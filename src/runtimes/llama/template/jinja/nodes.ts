import type { Operator } from './arithmetic.js';
import type { Value } from './values.js';

/** An expression of a template. */
export type Expression =
  | { readonly type: 'literal'; readonly value: Value }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly type: 'dict'; readonly entries: readonly (readonly [key: Expression, value: Expression])[] }
  | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly type: 'item'; readonly object: Expression; readonly index: Expression }
  | Slice
  | { readonly type: 'call'; readonly callee: Expression; readonly given: GivenArguments }
  | Filtered
  | { readonly type: 'test'; readonly operand: Expression; readonly name: string; readonly given: GivenArguments }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression }
  | {
      readonly type: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'compare'; readonly first: Expression; readonly others: readonly Comparison[] }
  | { readonly type: 'concat'; readonly parts: readonly Expression[] }
  | {
      readonly type: 'condition';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | undefined;
    };

export interface Slice {
  readonly type: 'slice';
  readonly object: Expression;
  readonly bounds: readonly [start: Expression, stop: Expression, step: Expression];
}

/** A value behind a filter; without `operand`, what a block has written. */
export interface Filtered {
  readonly type: 'filter';
  readonly operand: Expression | undefined;
  readonly name: string;
  readonly given: GivenArguments;
}

export interface Comparison {
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';
  readonly operand: Expression;
}

export interface GivenArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** `*list` */
  readonly list: Expression | undefined;
  /** `**dict` */
  readonly dict: Expression | undefined;
}

/** What values are assigned to. */
export type Target =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'tuple'; readonly items: readonly Target[] }
  | { readonly type: 'member'; readonly namespace: string; readonly name: string };

/** A statement of a template, or text. */
export type Statement =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'output'; readonly value: Expression }
  | If
  | For
  | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
  | SetBlock
  | { readonly type: 'macro'; readonly name: string; readonly definition: Definition }
  | { readonly type: 'call'; readonly call: Expression; readonly definition: Definition }
  | { readonly type: 'filterBlock'; readonly filter: Expression; readonly body: Body }
  | With
  | { readonly type: 'break' | 'continue' };

export type Body = readonly Statement[];

export interface If {
  readonly type: 'if';
  readonly branches: readonly { readonly test: Expression; readonly body: Body }[];
  readonly otherwise: Body;
}

export interface For {
  readonly type: 'for';
  readonly target: Target;
  readonly items: Expression;
  /** Items of which this is not true are left out. */
  readonly test: Expression | undefined;
  readonly isRecursive: boolean;
  readonly body: Body;
  readonly otherwise: Body;
}

export interface SetBlock {
  readonly type: 'setBlock';
  readonly target: Target;
  readonly filter: Expression | undefined;
  readonly body: Body;
}

/** A scope with variables of its own; one without is that of transformers' tag `generation`. */
export interface With {
  readonly type: 'with';
  readonly assignments: readonly { readonly target: Target; readonly value: Expression }[];
  readonly body: Body;
}

/** What a macro, or the block of a call, consists of. */
export interface Definition {
  readonly parameters: readonly { readonly name: string; readonly fallback: Expression | undefined }[];
  /** Names of {@link SPECIAL_NAMES} that it uses. */
  readonly uses: ReadonlySet<string>;
  readonly body: Body;
}

/** Variables that a macro has where it uses them. */
export const SPECIAL_NAMES: readonly string[] = ['caller', 'varargs', 'kwargs'];
