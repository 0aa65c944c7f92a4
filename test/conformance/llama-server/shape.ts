/** What an answer is like, whatever it says: its status, the members of its JSON with their types, the kinds of its events. */
export interface Shape {
  readonly status: number;
  /** As in `choices[].index: number`; of a stream those of all its events together. */
  readonly members: ReadonlySet<string>;
  /** Names of events in the order in which they first come; undefined = it is no stream. */
  readonly events: readonly string[] | undefined;
}

/** What came, parsed. */
export interface Recorded {
  readonly status: number;
  /** undefined = it is a stream. */
  readonly body?: unknown;
  readonly events?: readonly unknown[];
  /** The last of a stream, where that is no event. */
  readonly ends?: string | null;
}

export function shapeOf({ status, body, events, ends }: Recorded): Shape {
  const members = new Set<string>();
  for (const each of events ?? [body]) visit(each, '', members);
  if (events === undefined) return { status, members, events };
  const kinds = new Set(events.map((each) => kindOf(each as { readonly type?: string })));
  return { status, members, events: [...kinds, ...(typeof ends === 'string' ? [ends] : [])] };
}

/** A line for each difference of `here` from `there`. */
export function differencesOf(here: Shape, there: Shape): readonly string[] {
  const lines: string[] = [];
  if (here.status !== there.status) lines.push(`${here.status} instead of ${there.status}`);
  const kinds = (events: readonly string[] | undefined) => events?.join(' ') ?? 'one answer';
  if (kinds(here.events) !== kinds(there.events)) {
    lines.push(`events: ${kinds(here.events)} instead of ${kinds(there.events)}`);
  }
  // Nothing more can be said of an answer and an error.
  if (here.status >= 400 !== there.status >= 400) return lines;
  lines.push(...[...there.members].filter((each) => !here.members.has(each)).map((each) => `without ${each}`));
  lines.push(...[...here.members].filter((each) => !there.members.has(each)).map((each) => `with ${each}`));
  return lines;
}

function visit(value: unknown, place: string, members: Set<string>): void {
  if (Array.isArray(value)) {
    members.add(`${place}: list`);
    for (const each of value) visit(each, `${place}[]`, members);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      // Completions name the tokens themselves.
      const member =
        place.endsWith('.top_logprobs[]') && typeof each === 'number' && name !== 'logprob' && name !== 'id';
      visit(each, `${place === '' ? '' : `${place}.`}${member ? '{token}' : name}`, members);
    }
  } else members.add(`${place}: ${value === null ? 'null' : typeof value}`);
}

/** A small model ends where another one does not. */
function kindOf({ type = 'data' }: { readonly type?: string }): string {
  return type === 'response.incomplete' ? 'response.completed' : type;
}
