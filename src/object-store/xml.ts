import type { XmlElement } from '@rgrove/parse-xml';

/** An element of an answer of S3 or STS. */
export interface AnswerElement {
  /** The text of the child of this name; undefined = there is none. */
  text(name: string): string | undefined;
  child(name: string): AnswerElement | undefined;
  children(name: string): readonly AnswerElement[];
  readonly name: string;
}

/** Reads an answer; undefined = it is no XML. The caller bounds its size. */
export async function readXml(text: string): Promise<AnswerElement | undefined> {
  const { parseXml } = await import('@rgrove/parse-xml');
  try {
    const { root } = parseXml(text);
    return root === null ? undefined : new ParsedElement(root);
  } catch {
    return undefined;
  }
}

class ParsedElement implements AnswerElement {
  readonly #element: XmlElement;

  constructor(element: XmlElement) {
    this.#element = element;
  }

  get name(): string {
    return this.#element.name;
  }

  text(name: string): string | undefined {
    return this.#find(name)?.text;
  }

  child(name: string): AnswerElement | undefined {
    const found = this.#find(name);
    return found && new ParsedElement(found);
  }

  children(name: string): readonly AnswerElement[] {
    return this.#elements.filter((element) => element.name === name).map((element) => new ParsedElement(element));
  }

  #find(name: string): XmlElement | undefined {
    return this.#elements.find((element) => element.name === name);
  }

  get #elements(): readonly XmlElement[] {
    return this.#element.children.filter((child): child is XmlElement => child.type === 'element');
  }
}

/** Text as the content of an element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
