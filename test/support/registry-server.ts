import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How a file is sent, the first time, the second … ; after the last one, as it should be. */
export interface Fault {
  /** Breaks the connection after as many bytes of the answer, once {@link RegistryServer.received} says that they have come. */
  readonly cutAfter?: number;
  /** Sends nothing more after as many bytes, and keeps the connection. */
  readonly stallAfter?: number;
  /** Redirects there. */
  readonly location?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes no notice of ranges. */
  readonly whole?: true;
  /** Does not say how long the file is, and ends by closing the connection. */
  readonly endless?: true;
}

export interface ServedFile {
  readonly content: Uint8Array;
  readonly faults?: readonly Fault[];
  /** Without, there is none. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file of a repository of the hub: with a digest, as Git LFS has it, unless it is a small one. */
export interface HubServedFile extends ServedFile {
  readonly isSmall?: true;
}

/** A request that came, and the range in it. */
export interface SeenDownload {
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** A web server on loopback that has files at `/files/…`, and speaks as npm's and Python's registries and the Hugging Face Hub do. */
export interface RegistryServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenDownload[];
  /** Puts a file; resolves with its URL. */
  put(name: string, file: ServedFile): string;
  /** Publishes a version of an npm package. */
  publishNpm(name: string, version: string, tarball: ServedFile): void;
  /** Publishes a file of a PyPI project. */
  publishPypi(project: string, filename: string, file: ServedFile & { readonly yanked?: boolean }): void;
  /** Publishes a revision of a repository of the hub, under its commit and `names`; resolves with the URL that its files lie below. */
  publishHub(
    repository: string,
    commit: string,
    revision: { readonly names?: readonly string[]; readonly files: Readonly<Record<string, HubServedFile>> },
  ): string;
  /** Answers as the hub does for a revision that it does not give. */
  refuseHub(repository: string, revision: string, refusal: { readonly status: number; readonly code: string }): void;
  /** Environment by which npm, pip and `huggingface_hub` would ask this server. */
  readonly env: Readonly<Record<string, string>>;
  /** To be told of progress: as many bytes of the file have come. */
  received(bytes: number): void;
  /** Requests whose answers have stalled. */
  readonly stalled: number;
}

interface Page {
  readonly body: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly status?: number;
  /** The hub's header with the reason of a refusal. */
  readonly code?: string;
}

interface State {
  readonly files: Map<string, { file: ServedFile; asked: number }>;
  readonly pages: Map<string, Page>;
  readonly seen: SeenDownload[];
  /** Connections that break when as many bytes have come. */
  readonly held: { readonly until: number; readonly socket: Socket }[];
  stalled: number;
}

export async function startRegistryServer(): Promise<RegistryServer> {
  const state: State = { files: new Map(), pages: new Map(), seen: [], held: [], stalled: 0 };
  const server = createServer((request, response) => answer(state, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const put = (name: string, file: ServedFile) => {
    state.files.set(`/files/${name}`, { file, asked: 0 });
    return `${url}/files/${name}`;
  };
  return {
    url,
    seen: state.seen,
    put,
    publishNpm(name, version, tarball) {
      const integrity = `sha512-${createHash('sha512').update(tarball.content).digest('base64')}`;
      const place = `/npm/${name.replace('/', '%2f')}`;
      const page = state.pages.get(place)?.body as { versions?: object } | undefined;
      const dist = { tarball: put(`${name.replace('/', '-')}-${version}.tgz`, tarball), integrity };
      const body = { 'dist-tags': { latest: version }, versions: { ...page?.versions, [version]: { dist } } };
      state.pages.set(place, { body, type: 'application/vnd.npm.install-v1+json' });
    },
    publishPypi(project, filename, { yanked = false, ...file }) {
      const hashes = { sha256: createHash('sha256').update(file.content).digest('hex') };
      const place = `/simple/${project}/`;
      const before = (state.pages.get(place)?.body as { files?: object[] } | undefined)?.files ?? [];
      put(filename, file);
      const entry = { filename, url: `../../files/${filename}`, hashes, size: file.content.length, yanked };
      state.pages.set(place, { body: { files: [...before, entry] }, type: 'application/vnd.pypi.simple.v1+json' });
    },
    publishHub(repository, commit, { names = ['main'], files }) {
      const siblings = Object.entries(files).map(([rfilename, file]) => ({ rfilename, ...hubBlob(file) }));
      const headers = { 'x-repo-commit': commit };
      for (const name of [...names, commit]) {
        const body = { id: repository, sha: commit, siblings };
        state.pages.set(hubPage(repository, name), { body, type: 'application/json' });
        for (const [rfilename, file] of Object.entries(files)) {
          const { blobId, lfs } = hubBlob(file);
          const inside = rfilename.split('/').map(encodeURIComponent).join('/');
          const served = { ...file, etag: `"${lfs?.sha256 ?? blobId}"`, headers };
          state.files.set(`/hf/${repository}/resolve/${encodeURIComponent(name)}/${inside}`, {
            file: served,
            asked: 0,
          });
        }
      }
      return `${url}/hf/${repository}/resolve/${commit}/`;
    },
    refuseHub(repository, revision, { status, code }) {
      state.pages.set(hubPage(repository, revision), { body: {}, type: 'application/json', status, code });
    },
    env: { npm_config_registry: `${url}/npm/`, PIP_INDEX_URL: `${url}/simple`, HF_ENDPOINT: `${url}/hf` },
    received(bytes) {
      for (const { until, socket } of state.held) if (until <= bytes) socket.destroy();
    },
    get stalled() {
      return state.stalled;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** As the hub describes a file: by Git's SHA-1, and for Git LFS by its SHA-256. */
function hubBlob({ content, isSmall }: HubServedFile) {
  const size = content.length;
  const blobId = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { size, blobId, ...(isSmall ? {} : { lfs: { sha256, size, pointerSize: 134 } }) };
}

function hubPage(repository: string, revision: string): string {
  return `/hf/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
}

function answer(state: State, request: IncomingMessage, response: ServerResponse): void {
  const { url = '', headers } = request;
  state.seen.push({ url, range: headers.range, authorization: headers.authorization });
  const page = state.pages.get(url);
  if (page !== undefined) {
    const headers = { 'content-type': page.type, ...(page.code === undefined ? {} : { 'x-error-code': page.code }) };
    response.writeHead(page.status ?? 200, headers).end(JSON.stringify(page.body));
    return;
  }
  const found = state.files.get(url);
  if (found === undefined) response.writeHead(404).end('there is nothing here');
  else send(state, { found, request, response });
}

interface Sending {
  readonly found: { readonly file: ServedFile; asked: number };
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function send(state: State, { found, request, response }: Sending): void {
  const { content, faults = [], etag } = found.file;
  const fault = faults[found.asked++] ?? {};
  if (fault.location !== undefined) {
    response.writeHead(302, { location: fault.location }).end();
    return;
  }
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const validator = request.headers['if-range'];
  const isPart = from !== undefined && !fault.whole && (validator === undefined || validator === etag);
  const start = isPart ? Number(from) : 0;
  if (isPart && start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const body = content.subarray(start);
  if (fault.endless) {
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { connection: 'close' }).end(body);
    return;
  }
  response.writeHead(fault.status ?? (isPart ? 206 : 200), {
    'content-length': body.length,
    ...(etag === undefined ? {} : { etag }),
    ...(isPart ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    ...found.file.headers,
    ...fault.headers,
  });
  if (fault.cutAfter === 0) {
    response.flushHeaders();
    response.destroy();
  } else if (fault.cutAfter !== undefined) {
    state.held.push({ until: start + Math.min(fault.cutAfter, body.length), socket: request.socket });
    response.write(body.subarray(0, fault.cutAfter));
  } else if (fault.stallAfter !== undefined) {
    response.write(body.subarray(0, fault.stallAfter));
    response.flushHeaders();
    state.stalled++;
  } else response.end(body);
}
