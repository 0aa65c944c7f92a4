import { randomBytes } from 'node:crypto';

/** How a model writes calls of tools. */
export interface CallFormat {
  /** Texts that calls begin with; they belong to no call. */
  readonly opens: readonly string[];
  /** Texts that a call itself begins with, for models that leave out the others. */
  readonly begins: readonly string[];
  /** An answer that begins with JSON may be a call. */
  readonly isBare: boolean;
  /** What may stand between `opens` and the first call, between calls and behind the last, besides whitespace. */
  readonly fillers: readonly string[];
  /** Texts behind a call that another one follows at once. */
  readonly again: readonly string[];
  readonly syntax: CallSyntax;
  /** How calls are written where the model has to call. Without `between` it is one. */
  readonly written: { readonly before: string; readonly between: string | undefined; readonly after: string };
  /** A call ends the thought in which it begins. */
  readonly endsThoughts: boolean;
  newId(): string;
}

/** How a model writes one call. */
export type CallSyntax = ObjectSyntax | NamedSyntax;

/** JSON with the name and the arguments as members. Other names of them are read as well. */
export interface ObjectSyntax {
  readonly kind: 'object';
  readonly nameKey: string;
  readonly argumentsKey: string;
}

/** The name between two texts, then the arguments. */
export interface NamedSyntax {
  readonly kind: 'named';
  /** Text before the name. */
  readonly before: string;
  /** Text between the name and the arguments; '' = the name ends where no letter, digit, `_`, `-` or `.` comes. */
  readonly after: string;
  /** Name of the tool and id of the call, of the text between the two. By default the text is the name. */
  readName?(text: string): NamedCall;
  /** What is written around the name between the two, with the number of the call behind it; undefined = nothing. */
  readonly around?: { readonly before: string; readonly after: string };
  readonly arguments: ArgumentSyntax;
  /** What is written behind the arguments; for tags their `end` comes before. */
  readonly end: string;
}

/** The name of a tool, and the id of the call where the template wants to have that again. */
export interface NamedCall {
  readonly name: string;
  readonly id?: string;
}

/** JSON, each argument in tags, or literals that are nearly JSON. */
type ArgumentSyntax = { readonly kind: 'json' } | TagSyntax | LiteralSyntax;

/** Each argument in tags. */
export interface TagSyntax {
  readonly kind: 'tags';
  /** Text before the name of an argument. */
  readonly open: string;
  /** Texts behind the name, the usual one first. */
  readonly nameEnds: readonly NameEnd[];
  /** Text between the name's end and the value; '' = none. */
  readonly valueOpen: string;
  /** Text behind the value. */
  close(name: string): string;
  /** What `close` begins with, whatever the name; undefined = all of it. */
  readonly closeMark?: string;
  /** Behind all arguments. */
  readonly end: string;
  /** One line break before and behind a value belongs to the tags. */
  readonly inLines: boolean;
  /** Objects and lists are tags within tags, the members of lists in tags `item`. */
  readonly nests: boolean;
  /** What is written between tags. */
  readonly between: string;
}

export interface NameEnd {
  readonly text: string;
  /** What the value is said to be; undefined = the tool's schema says. */
  readonly value?: 'string' | 'json';
}

/** Pairs of names and values: Python's keyword arguments, or JSON with other quotation marks. They begin behind the bracket that opens them. */
export interface LiteralSyntax {
  readonly kind: 'literals';
  readonly assign: ':' | '=';
  readonly close: '}' | ')';
  /** Quotation marks; grammars write the first. */
  readonly quotes: readonly Quote[];
}

export interface Quote {
  readonly text: string;
  /** A backslash begins an escape sequence. */
  readonly escapes: boolean;
}

/** How a model marks what it thinks before it answers. */
export interface ReasoningFormat {
  readonly open: string;
  readonly close: string;
  /** Thoughts may begin later in an answer, too. */
  readonly repeats?: boolean;
}

/** Texts around an answer that do not belong to it. */
export interface AnswerMarks {
  readonly open: string;
  readonly close: string;
  /** An answer whose form is asked for is written between them; else they are only read. */
  readonly isWritten: boolean;
  /** In place of `open`, before an answer that has to be JSON. Default: `open`. */
  readonly openOfJson?: string;
}

/** An answer is a row of messages, each with a header. */
export interface ChannelFormat {
  /** Texts that headers begin with. */
  readonly begins: readonly string[];
  /** Text that ends a header. */
  readonly headerEnd: string;
  /** Texts that end a message, besides the beginning of the next header. */
  readonly ends: readonly string[];
  /** Texts that the first header may begin with besides, as its beginning is in the prompt; undefined = with any name. */
  readonly firstBegins: readonly string[] | undefined;
  /** The marks are tokens and never occur in text, so a truncated header is dropped. */
  readonly areTokens: boolean;
  /** For whom a message is, by its header without its end. */
  route(header: string): Route;
}

/** `tool`: a call, where there is such a tool. `text`: the header is none. */
export type Route = { readonly to: 'thought' | 'content' | 'text' } | { readonly to: 'tool'; readonly name: string };

/** How a family of models writes calls of tools, and what goes with them. */
export interface ToolFormat {
  /** Whether a chat template shows calls in this form. */
  fits(template: string): boolean;
  readonly calls: CallFormat;
  /** How calls are written where the model has to call, if tools are described to it in another form than that of its family; undefined = as `calls` says. */
  readonly forced?: CallFormat;
  /** undefined = by the markers in the template. */
  readonly reasoning?: ReasoningFormat;
  readonly marks?: readonly AnswerMarks[];
  readonly channels?: ChannelFormat;
  /** Tools and calls are not known to the template: they are described and written in texts. */
  readonly toolsInText?: boolean;
  /** The template does not say which tools there are: the system message does. */
  readonly instructions?: (tools: readonly DescribedTool[]) => string;
  /** The template writes no calls: the text of the message contains them. */
  readonly writtenCalls?: (calls: readonly WrittenCall[]) => string;
  /** Further texts that may be single tokens, which llama.cpp takes for control. */
  readonly tokens?: readonly string[];
}

/** A tool as it is described to the model. */
export interface DescribedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: unknown;
}

/** A call of an earlier answer. */
export interface WrittenCall {
  readonly name: string;
  readonly arguments: unknown;
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function newId(prefix: string, length: number): string {
  const letters = Array.from(randomBytes(length), (byte) => ALPHANUMERIC[byte % ALPHANUMERIC.length]);
  return `${prefix}${letters.join('')}`;
}

const idOfOpenAi = () => newId('call_', 24);
/** Mistral's templates refuse all others. */
export const idOfMistral = () => newId('', 9);

export const JSON_ARGUMENTS = { kind: 'json' } as const;
/** Arguments of a call in Python. */
export const PYTHON_ARGUMENTS: LiteralSyntax = {
  kind: 'literals',
  assign: '=',
  close: ')',
  quotes: [
    { text: '"', escapes: true },
    { text: "'", escapes: true },
  ],
};
export const OBJECT: ObjectSyntax = { kind: 'object', nameKey: 'name', argumentsKey: 'arguments' };

const NO_CALLS: CallFormat = {
  opens: [],
  begins: [],
  isBare: false,
  fillers: [],
  again: [],
  syntax: OBJECT,
  written: { before: '', between: undefined, after: '' },
  endsThoughts: false,
  newId: idOfOpenAi,
};

/** A format of calls, completed: JSON objects behind a marker, one where the model has to call. */
export function callFormat(given: Partial<CallFormat>): CallFormat {
  return { ...NO_CALLS, ...given };
}

/** A call whose arguments are in tags, completed: by the tool's schema, each on a line. */
export function tagSyntax(
  given: Partial<TagSyntax> & Pick<TagSyntax, 'open' | 'end' | 'close' | 'nameEnds'>,
): TagSyntax {
  return { kind: 'tags', valueOpen: '', inLines: false, nests: false, between: '\n', ...given };
}
