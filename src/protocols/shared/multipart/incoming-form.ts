import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { excerpt, invalidArgument, MillraceError, messageOf, quoted } from '../../../core/index.js';
import type { WireHeaders } from '../../wire.js';
import { ParameterError } from '../generation/parameter-error.js';

/** A form has few fields, and they are short. */
const LIMITS = { fields: 32, files: 1, parts: 34, fieldSize: 4_096, headerPairs: 32, headerSize: 8_192 } as const;

type Parser = InstanceType<typeof Busboy>;

/** A form that was read to its end. */
export interface ReadForm {
  readonly fields: ReadonlyMap<string, string>;
  /** As the client named the file; '' = not at all. */
  readonly fileName: string;
}

/** What a form consists of. */
export interface FormSetup {
  readonly headers: WireHeaders;
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Name of the one part that is a file. */
  readonly file: string;
}

/**
 * A form (`multipart/form-data`, RFC 7578) as it arrives: its file is read chunk by chunk, and the fields before and behind it are small. Nothing
 * is read before {@link content} is. {@link close} is to be called in the end.
 */
export class IncomingForm {
  readonly #setup: FormSetup;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #fields = new Map<string, string>();
  readonly #file = deferred<Readable>();
  readonly #end = deferred<void>();
  #fileName = '';
  #isBegun = false;
  #stream: Readable | undefined;

  constructor(setup: FormSetup) {
    this.#setup = setup;
    this.#chunks = setup.incoming[Symbol.asyncIterator]();
  }

  /** The file's bytes. Rejects where the form has none. */
  async *content(): AsyncGenerator<Uint8Array> {
    this.#begin();
    const file = await this.#file.promise;
    try {
      for await (const chunk of file) yield chunk as Uint8Array;
    } catch (error) {
      throw error instanceof MillraceError ? error : malformed(error);
    }
  }

  /** Resolves once the form has ended, which it does only when its file is read. */
  async read(): Promise<ReadForm> {
    this.#begin();
    await this.#end.promise;
    return { fields: this.#fields, fileName: this.#fileName };
  }

  /** Reads no more. */
  close(): void {
    this.#fail(invalidArgument('the form is not read any more'));
    this.#chunks.return?.()?.catch(() => undefined);
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#pump().catch((error: unknown) => this.#fail(error));
  }

  async #pump(): Promise<void> {
    const parser = this.#parse();
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      await written(parser, value);
    }
    parser.end();
  }

  #parse(): Parser {
    const parser = createParser(this.#setup.headers['content-type']);
    parser.on('file', (name, stream, fileName) => this.#onFile(name, stream, fileName));
    parser.on('field', (...[name, value, , isTruncated]) => this.#onField(name, value, isTruncated));
    for (const limit of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const) {
      const one = `one file and ${LIMITS.fields} fields`;
      parser.on(limit, () => this.#fail(invalidArgument(`the form has too many parts: expected at most ${one}`)));
    }
    parser.on('error', (error) => this.#fail(malformed(error)));
    parser.on('finish', () => this.#onFinish());
    return parser;
  }

  #onFile(name: string | undefined, stream: Readable, fileName: string | undefined): void {
    // Whoever reads it gets the reason elsewhere.
    stream.on('error', () => undefined);
    if (name !== this.#setup.file) {
      stream.resume();
      this.#fail(unknownPart(name));
      return;
    }
    this.#fileName = fileName ?? '';
    this.#stream = stream;
    this.#file.resolve(stream);
  }

  #onField(name: string | undefined, value: string, isTruncated: boolean): void {
    if (name === undefined || name === '') this.#fail(unknownPart(name));
    else if (name === this.#setup.file) {
      this.#fail(new ParameterError(name, `'${name}': expected a file, got a text: give it a filename`));
    } else if (isTruncated) {
      this.#fail(new ParameterError(name, `${quoted(name)}: expected at most ${LIMITS.fieldSize} bytes`));
    } else if (this.#fields.has(name)) this.#fail(new ParameterError(name, `${quoted(name)} is given twice`));
    else this.#fields.set(name, value);
  }

  #onFinish(): void {
    const { file } = this.#setup;
    this.#file.reject(new ParameterError(file, `'${file}': expected a file, got nothing`));
    if (this.#stream === undefined)
      this.#end.reject(new ParameterError(file, `'${file}': expected a file, got nothing`));
    else this.#end.resolve();
  }

  #fail(error: unknown): void {
    this.#file.reject(error);
    this.#end.reject(error);
    this.#stream?.destroy(error instanceof Error ? error : undefined);
  }
}

/** Resolves when the parser has room for more. */
function written(parser: Parser, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    try {
      parser.write(chunk, (error) => (error ? reject(malformed(error)) : resolve()));
    } catch (error) {
      reject(malformed(error));
    }
  });
}

function createParser(contentType: string | string[] | undefined): Parser {
  const type = typeof contentType === 'string' ? contentType : '';
  const isForm = /^multipart\/form-data\s*;/i.test(type);
  try {
    if (isForm) return new Busboy({ headers: { 'content-type': type }, limits: LIMITS });
  } catch {
    // It has no boundary.
  }
  throw invalidArgument(
    `header content-type: expected multipart/form-data with a boundary, got ${quoted(excerpt(type, 80))}`,
  );
}

function malformed(error: unknown): Error {
  return invalidArgument(`the form is malformed: ${messageOf(error)}`);
}

function unknownPart(name = ''): Error {
  return new ParameterError(name, `${quoted(excerpt(name, 80))} is not a known parameter`);
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // It may fail before somebody waits for it.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
