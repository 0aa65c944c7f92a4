import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

const CREATORS = ['createGzip', 'createDeflate', 'createGunzip', 'createInflate'] as const;

type Create = (options?: zlib.ZlibOptions) => zlib.Gzip;

/** Counts what this process compresses and decompresses: on other threads, while the event loop seems to have nothing to do. */
export class CompressionWatch {
  /** Streams that are not closed. */
  open = 0;
  readonly #originals = CREATORS.map((name): Create => zlib[name]);

  constructor() {
    this.#replace((create) => (options) => {
      const stream = create(options);
      this.open++;
      stream.once('close', () => {
        this.open--;
      });
      return stream;
    });
  }

  [Symbol.dispose](): void {
    this.#replace((create) => create);
  }

  #replace(wrap: (create: Create) => Create): void {
    CREATORS.forEach((name, index) => {
      const value = wrap(this.#originals[index] as Create);
      Object.defineProperty(zlib, name, { configurable: true, enumerable: true, value });
    });
    syncBuiltinESMExports();
  }
}
