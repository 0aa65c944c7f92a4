import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchModel } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { type Probe, type RunningServer, type ServerCommand, startProbed } from '../harness/server-process.js';

export type PeerName = 'mosec' | 'fastapi';
export const PEERS: readonly PeerName[] = ['mosec', 'fastapi'];

/** Makes the peer's virtual environment below `.cache/peers`, unless it is there and its requirements are unchanged. */
export function installPeer(name: PeerName, say: (line: string) => void): void {
  const folder = peerFolder(name);
  const requirements = inRoot('bench/peers', name, 'requirements.txt');
  const installed = path.join(folder, 'requirements.installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  say(`installing ${name} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync(peerBinary(name, 'python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(installed, wanted);
}

export interface PeerOptions {
  readonly name: PeerName;
  readonly model: BenchModel;
  readonly workers: number;
  readonly format: 'json' | 'raw';
  readonly probe: Probe;
}

export function startPeer(options: PeerOptions): Promise<RunningServer> {
  return startProbed((port) => peerCommand(options, port), options.probe);
}

/** The path on which a peer takes the format. */
export function peerPath(name: PeerName, format: 'json' | 'raw'): string {
  return name === 'fastapi' && format === 'raw' ? '/predict_raw' : '/predict';
}

export function peerCommand({ name, model, workers, format }: PeerOptions, port: number): ServerCommand {
  const cwd = inRoot('bench/peers', name);
  const environment = {
    MODEL_FILE: model.file,
    WORKERS: String(workers),
    FORMAT: format,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const address = ['127.0.0.1', '--port', String(port)];
  switch (name) {
    case 'mosec':
      return {
        command: peerBinary(name, 'python'),
        args: ['service.py', '--address', ...address, '--timeout', '30000', '--log-level', 'warning'],
        env: environment,
        cwd,
      };
    case 'fastapi':
      return {
        command: peerBinary(name, 'python'),
        args: [
          ...['-m', 'uvicorn', 'service:app', '--host', ...address],
          ...['--workers', String(workers), '--log-level', 'warning', '--no-access-log'],
        ],
        env: environment,
        cwd,
      };
    default:
      return name satisfies never;
  }
}

function peerFolder(name: PeerName): string {
  return inRoot('.cache/peers', name);
}

function peerBinary(name: PeerName, binary: string): string {
  return path.join(peerFolder(name), process.platform === 'win32' ? 'Scripts' : 'bin', binary);
}
