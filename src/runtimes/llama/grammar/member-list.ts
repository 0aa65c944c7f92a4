import type { GrammarRules } from './rules.js';

/** A member of an object, or an argument of a call. */
export interface Member {
  readonly rule: string;
  readonly isRequired: boolean;
}

/** The end of a list of members. */
export interface MemberList {
  /** After another member. */
  readonly behind: string;
  /** As the first member; '' = there is none. */
  readonly first: string;
  readonly mayBeNone: boolean;
}

const NO_MEMBERS: MemberList = { behind: '', first: '', mayBeNone: true };

interface ListOptions {
  /** The rule for the text between two members. */
  readonly separator: string;
  /** The list after these members. Default: no members. */
  readonly last?: MemberList | undefined;
}

/** The rules for members in their order, where those that are not required may be missing. */
export function listMembers(
  rules: GrammarRules,
  members: readonly Member[],
  { separator, last = NO_MEMBERS }: ListOptions,
): MemberList {
  return members.toReversed().reduce(({ behind, first, mayBeNone }, { rule, isRequired }): MemberList => {
    const rest = behind === '' ? '' : ` ${behind}`;
    const here = `${rule}${rest}`;
    return {
      first: rules.add(isRequired || first === '' ? here : `(${here} | ${first})`),
      behind: rules.add(isRequired ? `${separator} ${rule}${rest}` : `(${separator} ${rule})?${rest}`),
      mayBeNone: mayBeNone && !isRequired,
    };
  }, last);
}
