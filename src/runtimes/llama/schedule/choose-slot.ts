/** Tokens in order, such as a prompt. */
export type Tokens = ArrayLike<number>;

/** What a slot holds, and for whom. */
export interface SlotView {
  /** What has been evaluated. */
  readonly tokens: Tokens;
  /** The prompt of the request that has it; undefined = it is free. */
  readonly prompt: Tokens | undefined;
  /** Requests with another one may not learn what is in it, not even by being answered sooner. */
  readonly salt: string;
  /** The larger, the later it was used. */
  readonly lastUsed: number;
}

export interface SlotChoice {
  readonly slot: number;
  /** Tokens of the prompt that need not be evaluated again. */
  readonly keep: number;
  /** The slot that holds them, where that is another one. */
  readonly copyFrom: number | undefined;
}

/** To have less copied, or to wait for less, is not worth it. */
const WORTH_TOKENS = 32;

/**
 * The slot for a prompt: a free one that already holds most of its beginning, or the one that was not used for longest, with what
 * another one holds. `wait`: a slot evaluates the same beginning just now. undefined = none is free.
 */
export function chooseSlot(prompt: Tokens, salt: string, slots: readonly SlotView[]): SlotChoice | 'wait' | undefined {
  // The last token is evaluated whatever is held: what follows it is what is asked for.
  const most = prompt.length - 1;
  let free = -1;
  let own = 0;
  let source = -1;
  let held = 0;
  let coming = 0;
  for (const [index, slot] of slots.entries()) {
    const mayShare = slot.salt === salt;
    const common = mayShare ? Math.min(commonLength(slot.tokens, prompt), most) : 0;
    if (common > held) {
      held = common;
      source = index;
    }
    if (slot.prompt !== undefined) {
      if (mayShare) coming = Math.max(coming, Math.min(commonLength(slot.prompt, prompt), most));
      continue;
    }
    const chosen = slots[free];
    if (chosen === undefined || common > own || (common === own && slot.lastUsed < chosen.lastUsed)) {
      free = index;
      own = common;
    }
  }
  if (free < 0) return undefined;
  if (coming >= held + WORTH_TOKENS) return 'wait';
  if (held >= own + WORTH_TOKENS) return { slot: free, keep: held, copyFrom: source };
  return { slot: free, keep: own, copyFrom: undefined };
}

/** How many tokens two lists have in common at their beginning. */
export function commonLength(one: Tokens, other: Tokens): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}
