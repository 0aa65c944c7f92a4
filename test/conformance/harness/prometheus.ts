import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { becomes } from './becomes.js';
import { unpackDebian } from './debian.js';
import { freePort } from './ports.js';

/** Prometheus until it is disposed of; it asks every second, unless `more` says otherwise. */
export class Prometheus implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly stop: () => void,
  ) {}

  /** `job` is an entry of `scrape_configs`, `more` other parts of the configuration, `folder` an empty one. Resolves when it answers. */
  static async start(folder: string, job: object, more: object = {}): Promise<Prometheus> {
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'prometheus.yml');
    const config = { global: { scrape_interval: '1s' }, scrape_configs: [{ job_name: 'millrace', ...job }], ...more };
    writeFileSync(file, JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const args = [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`];
    const program = path.join(unpackDebian(['prometheus']), 'usr/bin/prometheus');
    const child = spawn(program, args, { stdio: 'ignore' });
    const prometheus = new Prometheus(`http://${address}`, () => child.kill('SIGTERM'));
    const isReady = async () => (await fetch(`${prometheus.url}/-/ready`).catch(() => undefined))?.status === 200;
    if (!(await becomes(isReady))) throw new Error('Prometheus does not start');
    return prometheus;
  }

  /** Waits for a series with a value above 0; resolves with undefined, or with the last answer where there is none in time. */
  async expectAbove0(query: string): Promise<string | undefined> {
    let last = '';
    const isAbove0 = async () => {
      last = await this.query(query);
      return valuesOf(last).some((value) => value > 0);
    };
    return (await becomes(isAbove0)) ? undefined : last;
  }

  /** The values of the series of a query now. */
  async values(query: string): Promise<readonly number[]> {
    return valuesOf(await this.query(query));
  }

  /** Rules that Prometheus could not evaluate, with the reason. */
  async failingRules(): Promise<readonly string[]> {
    const { data } = (await (await fetch(`${this.url}/api/v1/rules`)).json()) as RulesAnswer;
    const rules = data.groups.flatMap((group) => group.rules);
    return rules.filter(({ health }) => health === 'err').map(({ name, lastError }) => `${name}: ${lastError}`);
  }

  private async query(query: string): Promise<string> {
    return (await fetch(`${this.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) })).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }
}

function valuesOf(answer: string): readonly number[] {
  const { data } = JSON.parse(answer) as { readonly data?: { readonly result: readonly Sample[] } };
  return data?.result.map(({ value }) => Number(value[1])) ?? [];
}

interface RulesAnswer {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
    }[];
  };
}

interface Sample {
  readonly value: readonly [seconds: number, value: string];
}
