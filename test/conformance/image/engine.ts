import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { installDebian } from '../harness/debian.js';
import { inCache, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';

const execute = promisify(execFile);
const LIMIT_MS = 600_000;
const START_LIMIT_MS = 60_000;
const PACKAGES = ['buildah', 'podman', 'runc', 'conmon', 'containernetworking-plugins', 'iptables'];
/** `docker` as the documentation writes it. Builds by buildah: podman would build images of the OCI format, which have no health checks. */
const DOCKER = `#!/bin/sh
case $1 in
  build) shift; exec buildah build --format docker --isolation chroot "$@" ;;
  *) exec podman "$@" ;;
esac
`;

export interface Result {
  /** Exit status. */
  readonly status: number;
  readonly output: string;
}

/** podman with a storage of its own, which needs no service, no systemd and no registry. It runs as root. */
export class Engine {
  /** For programs that use the same storage. */
  readonly environment: NodeJS.ProcessEnv;

  constructor(folder: string) {
    const has = (program: string) =>
      execFileSync('sh', ['-c', `command -v ${program} || true`], { encoding: 'utf8' }) !== '';
    if (!['buildah', 'podman', 'runc'].every(has)) installDebian('--no-install-recommends', ...PACKAGES);
    const storage = inCache('containers');
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    const write = (file: string, lines: readonly string[]) =>
      writeFileSync(path.join(folder, file), lines.map((line) => `${line}\n`).join(''), { mode: 0o755 });
    write('storage.conf', [
      '[storage]',
      'driver = "overlay"',
      `graphroot = "${storage}/graph"`,
      `runroot = "${storage}/run"`,
    ]);
    // crun refuses cgroup v1 beside v2, and there may be no systemd. Limits may only be lowered without CAP_SYS_RESOURCE.
    write('containers.conf', [
      '[containers]',
      'default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]',
      '[engine]',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "file"',
      'runtime = "runc"',
    ]);
    writeFileSync(path.join(folder, 'bin/docker'), DOCKER, { mode: 0o755 });
    this.environment = {
      ...process.env,
      PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
      CONTAINERS_STORAGE_CONF: path.join(folder, 'storage.conf'),
      CONTAINERS_CONF: path.join(folder, 'containers.conf'),
    };
  }

  /** Runs a program in the repository; resolves with what it printed, also where it failed. */
  async run(program: string, ...args: readonly string[]): Promise<Result> {
    const options = { cwd: inRoot(), env: this.environment, timeout: LIMIT_MS, maxBuffer: 64 << 20 };
    try {
      const { stdout, stderr } = await execute(program, args, options);
      return { status: 0, output: `${stdout}${stderr}` };
    } catch (error) {
      const {
        code,
        stdout = '',
        stderr = '',
        message,
      } = error as Error & { code?: number; stdout?: string; stderr?: string };
      return { status: typeof code === 'number' ? code : -1, output: `${stdout}${stderr}` || message };
    }
  }

  /** As above; throws where it fails, and resolves with its standard output and error. */
  async must(program: string, ...args: readonly string[]): Promise<string> {
    const { status, output } = await this.run(program, ...args);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${output.slice(-4_000)}`);
    return output;
  }

  /** `docker run` in the background, its port 8000 on a free port of loopback; resolves when it is ready. `flags` come before the image. */
  async start(image: string, flags: readonly string[], args: readonly string[]): Promise<Container> {
    const port = await freePort();
    const startedAt = performance.now();
    const publish = ['--publish', `127.0.0.1:${port}:${flags.includes('PORT=9090') ? 9090 : 8000}`];
    const output = await this.must('podman', 'run', '--detach', ...publish, ...flags, image, ...args);
    const id = /^[0-9a-f]{64}$/m.exec(output)?.[0] ?? '';
    const container = new Container(this, id, `http://127.0.0.1:${port}`);
    await container.becomesReady();
    return Object.assign(container, { startMs: performance.now() - startedAt });
  }
}

export class Container {
  /** From the command until the server was ready, in milliseconds. */
  readonly startMs: number = 0;

  constructor(
    private readonly engine: Engine,
    readonly id: string,
    readonly url: string,
  ) {}

  exec(...command: readonly string[]): Promise<Result> {
    return this.engine.run('podman', 'exec', this.id, ...command);
  }

  /** The status of an inference request; 0 = no answer. */
  async infer(model: string, inputs: readonly object[]): Promise<number> {
    try {
      const body = JSON.stringify({ inputs });
      return (await fetch(`${this.url}/v2/models/${model}/infer`, { method: 'POST', body })).status;
    } catch {
      return 0;
    }
  }

  async becomesReady(): Promise<void> {
    const until = performance.now() + START_LIMIT_MS;
    while ((await fetch(`${this.url}/v2/health/ready`).catch(() => undefined))?.status !== 200) {
      if (performance.now() > until)
        throw new Error(`not ready: ${(await this.engine.run('podman', 'logs', this.id)).output.slice(-4_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** As `docker stop`: SIGTERM, and SIGKILL after 45 s; resolves with the exit code. */
  async stop(): Promise<string> {
    await this.engine.must('podman', 'stop', '--time', '45', this.id);
    return (
      (await this.engine.must('podman', 'inspect', '--format', 'exit {{.State.ExitCode}}', this.id)).match(
        /exit \d+/,
      )?.[0] ?? ''
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.run('podman', 'rm', '--force', this.id);
  }
}
