/** A model's name in a message. The edge shows or replaces it, by the reader's rights. */
export interface ModelMention {
  readonly model: string;
  /** For readers who see the model: `model 'm/1'`. */
  readonly text: string;
  /** For other readers: `name` = the requested name, `runner` = the runner of that, `aside` = nothing. */
  readonly role: MentionRole;
}

/** What a mention is for in its message. */
export const MENTION_ROLES = ['name', 'runner', 'aside'] as const;
export type MentionRole = (typeof MENTION_ROLES)[number];

export type MessagePart = string | ModelMention;

/** A text that keeps where it names models; as a string it is the whole text, for the log and for operators. */
export class Message {
  readonly parts: readonly MessagePart[];

  constructor(parts: readonly MessagePart[]) {
    this.parts = joinTexts(parts);
  }

  get namesModels(): boolean {
    return this.parts.some((part) => typeof part !== 'string');
  }

  toString(): string {
    return this.parts.map(textOf).join('');
  }

  get length(): number {
    return this.parts.reduce((length, part) => length + textOf(part).length, 0);
  }

  /** The first `length` characters. */
  slice(length: number): Message {
    let left = length;
    const parts: MessagePart[] = [];
    for (const part of this.parts) {
      if (left <= 0) break;
      const text = textOf(part).slice(0, left);
      parts.push(typeof part === 'string' ? text : { ...part, text });
      left -= text.length;
    }
    return new Message(parts);
  }
}

/** A message, and its parts where it names models; errors are such. */
export interface Worded {
  readonly message: string;
  readonly parts?: readonly MessagePart[] | undefined;
}

/** The message of something with the models that it names; only its text where that was changed since. */
export function wordingOf({ message, parts }: Worded): string | Message {
  if (parts === undefined) return message;
  const wording = new Message(parts);
  return wording.toString() === message ? wording : message;
}

/** Composes a message: models that its values name stay named as such. An error stands for what it says. */
export function msg(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | bigint | Message | Worded)[]
): Message {
  const parts: MessagePart[] = [];
  for (const [index, text] of texts.entries()) {
    if (text !== '') parts.push(text);
    const value = values[index];
    if (value !== undefined) parts.push(...partsOf(value));
  }
  return new Message(parts);
}

/** Messages in one, with a separator in between. */
export function joinMessages(messages: readonly (string | Message)[], separator: string): Message {
  return new Message(messages.flatMap((message, index) => [...(index === 0 ? [] : [separator]), ...partsOf(message)]));
}

function partsOf(value: string | number | bigint | Message | Worded): readonly MessagePart[] {
  if (value instanceof Message) return value.parts;
  if (typeof value !== 'object') return [String(value)];
  const wording = wordingOf(value);
  return typeof wording === 'string' ? [wording] : wording.parts;
}

function joinTexts(parts: readonly MessagePart[]): readonly MessagePart[] {
  const joined: MessagePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

function textOf(part: MessagePart): string {
  return typeof part === 'string' ? part : part.text;
}

/** Of what stands in quotes but names. */
export const MAX_EXCERPT_LENGTH = 64;
/** Names of files, models among them, are not longer. */
const MAX_NAME_LENGTH = 255;

/** `text`, cut so that a message stays readable. */
export function excerpt(text: string, maxLength = MAX_EXCERPT_LENGTH): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/** A name that a caller sent, in quotes: cut where it is longer than names can be. */
export function quoted(name: string): string {
  return `'${excerpt(name, MAX_NAME_LENGTH)}'`;
}
