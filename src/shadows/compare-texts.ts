import { bytesElements, type Tensor } from '../core/index.js';

/** How texts differ, element by element. */
export interface TextsComparison {
  readonly kind: 'texts';
  readonly elements: number;
  /** The same bytes. */
  readonly exact: number;
  /** The same but for case, spaces and punctuation; those that are exact included. */
  readonly normalised: number;
}

/** Characters of texts that are looked at in one turn. */
const SLICE_CHARACTERS = 65_536;

/** Elements of two BYTES tensors of the same shape. What is not UTF-8 is compared byte by byte only. Yields after each slice. */
export function* compareTexts(primary: Tensor, shadow: Tensor): Generator<void, TextsComparison> {
  const left = bytesElements(primary.data);
  const right = bytesElements(shadow.data);
  let exact = 0;
  let normalised = 0;
  let seen = 0;
  for (const [index, element] of left.entries()) {
    const other = right[index];
    if (other === undefined) break;
    seen += element.length + other.length;
    if (Buffer.compare(element, other) === 0) {
      exact++;
      normalised++;
    } else if (sameText(element, other)) normalised++;
    if (seen < SLICE_CHARACTERS) continue;
    seen = 0;
    yield;
  }
  return { kind: 'texts', elements: left.length, exact, normalised };
}

/** A text without what does not matter: compatible forms and case are one, and what is no letter, number or symbol is a space. */
function normaliseText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{Z}\p{C}]+/gu, ' ')
    .trim();
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function sameText(left: Uint8Array, right: Uint8Array): boolean {
  try {
    return normaliseText(UTF8.decode(left)) === normaliseText(UTF8.decode(right));
  } catch {
    return false;
  }
}
