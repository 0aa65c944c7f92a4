import {
  formatObjectUrl,
  type ObjectLocation,
  type ObjectStore,
  ObjectStoreError,
} from '../../src/object-store/index.js';

/** Objects in memory, by their URLs. */
export class MemoryObjects implements Pick<ObjectStore, 'get' | 'list' | 'put' | 'upload' | 'close'> {
  readonly objects = new Map<string, { readonly body: Uint8Array; readonly contentType: string | undefined }>();
  /** URLs that were asked for, in order. */
  readonly asked: string[] = [];
  /** Thrown by the next writes, one after the other; undefined = that one succeeds. */
  readonly failures: (Error | undefined)[] = [];
  /** Thrown by all writes, of what is written; undefined = they succeed. */
  refusal: ((url: string) => Error) | undefined;
  /** What a list waits for. */
  beforeList: () => Promise<void> = async () => undefined;
  /** What the bytes of an object wait for. */
  beforeRead: (url: string) => Promise<void> = async () => undefined;

  set(url: string, text: string, contentType = 'application/json'): void {
    this.objects.set(url, { body: Buffer.from(text), contentType });
  }

  text(url: string): string | undefined {
    const found = this.objects.get(url);
    return found && Buffer.from(found.body).toString();
  }

  get: ObjectStore['get'] = async (location) => {
    const url = this.#note(location);
    const found = this.objects.get(url);
    if (found === undefined) {
      const refusal = { status: 404, storeCode: 'NoSuchKey' };
      throw new ObjectStoreError('not_found', `${url}: there is no such object`, refusal);
    }
    const { body, contentType } = found;
    const { beforeRead } = this;
    return {
      info: { sizeBytes: body.byteLength, etag: undefined, contentType, modifiedAtMs: undefined },
      lengthBytes: body.byteLength,
      body: (async function* () {
        await beforeRead(url);
        yield body;
      })(),
      close: () => undefined,
    };
  };

  put: ObjectStore['put'] = async (location, body, { contentType } = {}) => {
    const url = this.#note(location);
    const failure = this.failures.shift() ?? this.refusal?.(url);
    if (failure !== undefined) throw failure;
    this.objects.set(url, { body: new Uint8Array(body), contentType });
  };

  upload: ObjectStore['upload'] = async (location, source, options) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source) chunks.push(chunk);
    await this.put(location, Buffer.concat(chunks), options);
  };

  async *list({ bucket, key }: ObjectLocation): ReturnType<ObjectStore['list']> {
    await this.beforeList();
    const within = formatObjectUrl({ bucket, key });
    const found = [...this.objects].filter(([url]) => url.startsWith(within)).sort();
    const objects = found.map(([url, { body }]) => ({
      key: url.slice(formatObjectUrl({ bucket, key: '' }).length),
      sizeBytes: body.byteLength,
      etag: undefined,
      modifiedAtMs: undefined,
    }));
    yield { objects, prefixes: [] };
  }

  close(): void {}

  #note(location: ObjectLocation): string {
    const url = formatObjectUrl(location);
    this.asked.push(url);
    return url;
  }
}
