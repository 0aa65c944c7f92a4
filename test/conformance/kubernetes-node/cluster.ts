import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { emptyFolder, inRoot } from '../harness/paths.js';
import type { Engine } from '../image/engine.js';
import { CHART } from '../kubernetes/tools.js';
import { installBinaries } from './binaries.js';

const execute = promisify(execFile);
const LIMIT_MS = 300_000;
/** As docs/kubernetes.md calls them. */
export const NAMESPACE = 'models';
export const RELEASE = 'millrace';

/** A cluster of one real node (cluster.sh). */
export class Cluster implements AsyncDisposable {
  readonly environment: NodeJS.ProcessEnv;
  readonly #state = emptyFolder('kubernetes-node/state');

  constructor(private readonly engine: Engine) {
    const { folder, crds } = installBinaries();
    this.environment = {
      ...engine.environment,
      PATH: `${folder}:${engine.environment.PATH}`,
      BIN: folder,
      STATE: this.#state,
      KEDA_CRDS: crds.join(' '),
      KUBECONFIG: path.join(this.#state, 'pki/admin.kubeconfig'),
    };
  }

  /** A verb of cluster.sh. */
  script(...args: readonly string[]): Promise<string> {
    return this.run(inRoot('test/conformance/kubernetes-node/cluster.sh'), ...args);
  }

  /** Runs a program that finds the cluster, helm and kubectl; resolves with its standard output. Rejects with all that it printed. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const options = { cwd: inRoot(), env: this.environment, timeout: LIMIT_MS, maxBuffer: 64 << 20 };
    try {
      return (await execute(program, args, options)).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
      throw new Error(`${program} ${args.join(' ').slice(0, 300)} failed: ${stdout}${stderr}`.slice(-4_000));
    }
  }

  /** In the namespace of the page. */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.run('kubectl', '--namespace', NAMESPACE, ...args);
  }

  /** A field of an object by its JSONPath: `.spec.replicas`. */
  field(object: readonly [kind: string, name: string], field: string): Promise<string> {
    return this.kubectl('get', ...object, '--output', `jsonpath={${field}}`);
  }

  /** The key of one of the page's callers. */
  async keyOf(caller: string): Promise<string> {
    return Buffer.from(await this.field(['secret', 'millrace-keys'], `.data.${caller}`), 'base64').toString();
  }

  /** Changes values of the page's release, and waits until its pods are ready. */
  async upgrade(...args: readonly string[]): Promise<void> {
    const common = ['--namespace', NAMESPACE, '--reuse-values', '--wait', '--timeout', '180s'];
    await this.run('helm', 'upgrade', RELEASE, CHART, ...common, ...args);
  }

  /** Makes an image of podman known to the node, under the same name. */
  async load(image: string): Promise<void> {
    const archive = path.join(this.#state, 'image.tar');
    await this.engine.must('buildah', 'push', '--quiet', image, `docker-archive:${archive}:${image}`);
    await this.script('load', archive);
    await this.run('rm', archive);
  }

  /** A program in the background that finds the cluster; `line` gets what it prints, line by line. Ends when it is disposed of. */
  follow(command: readonly [string, ...string[]], line: (text: string) => void): Disposable {
    const [program, ...args] = command;
    const child = spawn(program, args, { env: this.environment, stdio: ['ignore', 'pipe', 'ignore'] });
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(line);
    });
    return { [Symbol.dispose]: () => void child.kill('SIGTERM') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.script('stop');
  }
}

/** Resolves with the milliseconds until `isSo`; rejects after the limit with what `describe` says. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  { limitMs, describe }: { readonly limitMs: number; readonly describe: () => Promise<string> | string },
): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not in ${limitMs} ms: ${await describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return Math.round(performance.now() - startedAt);
}
