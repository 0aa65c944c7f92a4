import { bytesElements, invalidArgument, packBytes, type Tensor } from '../../../core/index.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** An answer's text as the model's output. */
export function textTensor(text: string): Tensor {
  return { name: 'text_output', datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(text)]) };
}

/** The one text of an input. Throws `invalid_argument` where it is not UTF-8. */
export function textOf({ name, data }: Tensor): string {
  const [bytes = new Uint8Array(0)] = bytesElements(data);
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalidArgument(`input '${name}' is not UTF-8 text`);
  }
}
