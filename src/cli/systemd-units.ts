import path from 'node:path';
import { neededFiles, type Settings } from '../config/index.js';

export interface UnitOptions {
  /** The program with its arguments, each a word: `/usr/bin/node`, …, `serve`, `--config`, `/etc/millrace/millrace.yaml`. */
  readonly command: readonly string[];
  readonly settings: Settings;
  /** A user that is there already runs it; else one of this name that exists while the service runs. */
  readonly user: string;
  /** Runners to leave open files for. */
  readonly runners: number;
}

const NAME = 'millrace';
/** Beyond drain, grace period and the end of the runners. */
const STOP_MARGIN_MS = 10_000;
/** Where `ProtectHome=yes` hides what is there. */
const HOMES = ['/home', '/root', '/run/user'];

/** The units of a service, by the name of their files. */
export function systemdUnits(options: UnitOptions): Readonly<Record<string, string>> {
  return { [`${NAME}.service`]: serviceUnit(options), [`${NAME}.socket`]: socketUnit(options.settings) };
}

function serviceUnit({ command, settings, user, runners }: UnitOptions): string {
  const { server, repository, runners: host } = settings;
  const stopSec = Math.ceil(
    (server.drainDelayMs + server.gracePeriodMs + host.closeTimeoutMs + STOP_MARGIN_MS) / 1_000,
  );
  const isInHome = [...command, ...repository.paths].some((word) => HOMES.some((home) => isWithin(home, word)));
  return `[Unit]
Description=millrace inference server
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
# Ready once every model has loaded or failed.
TimeoutStartSec=600
WatchdogSec=30
ExecStart=${command.map(quoteWord).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
Environment=NODE_OPTIONS=--max-semi-space-size=16
# A user of this name is used where there is one; otherwise it exists while the service runs.
DynamicUser=yes
User=${user}
StateDirectory=${NAME}
WorkingDirectory=%S/${NAME}
UMask=0077

# SIGTERM goes to the server alone, which drains and ends its runners; systemd kills the processes that remain after the time-out.
KillMode=mixed
TimeoutStopSec=${stopSec}
Restart=on-failure
RestartSec=2
# A restart does not correct wrong settings.
RestartPreventExitStatus=2

LimitNOFILE=${Math.max(65_536, neededFiles(settings, runners))}
# The server replaces a runner that the kernel has killed.
OOMPolicy=continue

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
${isInHome ? '# Programs or models are below a home folder.\nProtectHome=read-only' : 'ProtectHome=yes'}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
# GPUs need PrivateDevices=no.
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
RemoveIPC=yes
LockPersonality=yes
# MemoryDenyWriteExecute= must not be set: V8 compiles to memory that it then runs.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/**
 * The ports of the settings, of which each has a socket: they take connections while the service restarts. All sockets of a unit have one
 * name, so each is found by its port.
 */
function socketUnit({ server }: Settings): string {
  const ports = [server.httpPort, server.grpcPort, server.metricsPort, server.adminPort].filter((port) => port > 0);
  // systemd takes addresses, and no names.
  const host = server.host === 'localhost' ? '127.0.0.1' : server.host;
  const address = (port: number) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `[Unit]
Description=Sockets of the millrace inference server

[Socket]
${ports.map((port) => `ListenStream=${address(port)}`).join('\n')}
NoDelay=yes
Backlog=511

[Install]
WantedBy=sockets.target
`;
}

function isWithin(folder: string, file: string): boolean {
  return path.isAbsolute(file) && !path.relative(folder, file).startsWith('..');
}

/** A word of a command line, by systemd.service(5). */
function quoteWord(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', () => '$$');
  return /^[\w@%+=:,./-]+$/.test(word) ? escaped : `"${escaped}"`;
}
