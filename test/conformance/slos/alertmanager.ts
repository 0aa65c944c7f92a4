import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { becomes } from '../harness/becomes.js';
import { unpackDebian } from '../harness/debian.js';
import { freePort } from '../harness/ports.js';

/** Alertmanager until it is disposed of, and the receiver of its notifications. */
export class Alertmanager implements AsyncDisposable {
  private constructor(
    /** `host:port`. */
    readonly address: string,
    /** `MillraceErrorBudgetBurnsFast page fraud: firing`, in the order in which they have come. */
    readonly notified: readonly string[],
    private readonly stop: () => void,
  ) {}

  /** `folder` is an empty one. Resolves when it answers. */
  static async start(folder: string): Promise<Alertmanager> {
    mkdirSync(folder, { recursive: true });
    const notified: string[] = [];
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Notification;
      for (const { status, labels } of alerts) {
        notified.push(`${labels.alertname} ${labels.severity} ${labels.slo}: ${status}`);
      }
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const file = path.join(folder, 'alertmanager.yml');
    const route = {
      receiver: 'test',
      group_by: ['...'],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: '1h',
    };
    const receivers = [{ name: 'test', webhook_configs: [{ url, send_resolved: true }] }];
    writeFileSync(file, JSON.stringify({ route, receivers }));
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${file}`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=${address}`,
      // No cluster.
      '--cluster.listen-address=',
    ];
    const child = spawn(program(), args, { stdio: 'ignore' });
    const alertmanager = new Alertmanager(address, notified, () => {
      child.kill('SIGTERM');
      receiver.close();
      receiver.closeAllConnections();
    });
    const isReady = async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.status === 200;
    if (await becomes(isReady)) return alertmanager;
    alertmanager.stop();
    throw new Error('Alertmanager does not start');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }
}

/** Its templates, at the one place where Debian's program reads them. To install it would start a service. */
const TEMPLATES = '/usr/share/prometheus/alertmanager';

function program(): string {
  const unpacked = unpackDebian(['prometheus-alertmanager']);
  cpSync(path.join(unpacked, TEMPLATES), TEMPLATES, { recursive: true, force: false });
  return path.join(unpacked, 'usr/bin/prometheus-alertmanager');
}

interface Notification {
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}
