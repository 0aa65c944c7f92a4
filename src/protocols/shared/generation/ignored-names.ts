/** Names that an answer lists. */
const MAX_NAMES = 20;
const NAME = /^[\w.-]{1,64}$/;

/** What becomes of members of a request that are not known: noted as ignored, or refused. */
export type UnknownParameters = 'warn' | 'refuse';

/** Names of members of a request that have no effect on its answer: `messages.content.cache_control` is of any part of any message. */
export class IgnoredNames {
  readonly #names = new Set<string>();
  readonly #refusesUnknown: boolean;

  constructor(unknown: UnknownParameters) {
    this.#refusesUnknown = unknown === 'refuse';
  }

  /** In the order in which they were met. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  has(place: string): boolean {
    return this.#names.has(withoutIndexes(place));
  }

  /** Of a known name; one beyond the bound is left out. */
  add(place: string): void {
    const name = withoutIndexes(place);
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  /** Of a name that is not known. False = it is refused: by the setting, or since an answer could not name it. */
  addUnknown(place: string): boolean {
    const name = withoutIndexes(place);
    if (this.#refusesUnknown || this.#names.size >= MAX_NAMES || !NAME.test(name)) return false;
    this.#names.add(name);
    return true;
  }
}

function withoutIndexes(place: string): string {
  return place.replace(/\[\d+\]/g, '');
}
