import { type Command, Option } from 'commander';
import { FINDING_LEVELS, type Finding, type FindingLevel, invalidArgument } from '../../core/index.js';
import { examineFromOutside, examineSettings, gatherServedChain, worstFirst } from '../../doctor/index.js';
import { MANIFEST, VERSION } from '../../version.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { countLevels, formatFindings } from '../format/doctor.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { checkRepositories } from '../repositories.js';
import { addCredentialFlags, findKey, type ServerFlags } from '../server-options.js';
import { addSettingFlags, type GivenFlags, loadSettingsOfServer, settingsOfFlags } from '../setting-flags.js';

interface DoctorFlags extends Omit<ServerFlags, 'url'> {
  readonly url?: string;
  readonly failOn: FindingLevel | 'never';
  readonly json?: true;
}

/** `millrace doctor [folders]`: looks over a server, one that is configured or one that runs. */
export function registerDoctor(program: Command, { io, exitWith }: CommandContext): void {
  const command = addSettingFlags(program.command('doctor [folders...]'))
    .description(
      'look over a server as it is configured, or one that runs, and say what to correct; nothing is started or changed',
    )
    .option('-u, --url <url>', 'look over the server that runs there, in place of settings');
  addCredentialFlags(command)
    .addOption(
      new Option('--fail-on <level>', 'least level of a finding with which it ends with exit code 1')
        .choices([...FINDING_LEVELS, 'never'])
        .default('warning'),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'millrace doctor ./models',
        'millrace doctor -c /etc/millrace/millrace.yaml',
        'millrace doctor ./models --host 0.0.0.0 --json',
        'millrace doctor --url https://models.example.com --key-file admin.key',
      ),
    )
    .action(async (folders: readonly string[], flags: GivenFlags & DoctorFlags) => {
      const findings = await (flags.url === undefined
        ? examineConfigured(io, folders, flags)
        : examineRunning(io, folders, { ...flags, url: flags.url }));
      const answer = { findings, counts: countLevels(findings) };
      io.stdout.write(flags.json ? formatJson(answer) : formatFindings(findings, io.stdout.colors));
      if (fails(findings, flags.failOn)) exitWith(EXIT_CODES.failed.code);
    });
}

/** What keeps `serve` from starting is said as it says it. */
async function examineConfigured(io: Io, folders: readonly string[], flags: GivenFlags): Promise<readonly Finding[]> {
  const settings = await loadSettingsOfServer(io, folders, flags);
  const { paths, controlMode } = settings.repository;
  await checkRepositories(paths, controlMode !== 'none');
  return examineSettings(settings, MANIFEST);
}

/** What the server finds itself, and what it looks like from here. */
async function examineRunning(
  io: Io,
  folders: readonly string[],
  flags: GivenFlags & ServerFlags,
): Promise<readonly Finding[]> {
  const isConfigured =
    folders.length > 0 || flags.config !== undefined || Object.keys(settingsOfFlags(flags)).length > 0;
  if (isConfigured) throw invalidArgument('--url looks over a server that runs: it has its settings already');
  const api = await connectToApi(io, flags);
  const askedAtMs = Date.now();
  const { body, headers } = await api.ask('GET /doctor', {});
  const answeredAtMs = Date.now();
  const url = new URL(flags.url);
  const serverTimeMs = Date.parse(headers.get('date') ?? '');
  const seen = examineFromOutside({
    url,
    askedAtMs,
    answeredAtMs,
    serverTimeMs: Number.isNaN(serverTimeMs) ? undefined : serverTimeMs,
    serverVersion: body.version,
    clientVersion: VERSION,
    hasKey: (await findKey(io, flags)) !== undefined,
    chain: await gatherServedChain(url),
  });
  return worstFirst([...body.findings, ...seen]);
}

function fails(findings: readonly Finding[], failOn: DoctorFlags['failOn']): boolean {
  if (failOn === 'never') return false;
  const bad = FINDING_LEVELS.slice(0, FINDING_LEVELS.indexOf(failOn) + 1);
  return findings.some(({ level }) => bad.includes(level));
}
