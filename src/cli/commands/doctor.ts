import { type Command, Option } from 'commander';
import { FINDING_LEVELS, type Finding, type FindingLevel } from '../../core/index.js';
import { examineSettings } from '../../doctor/index.js';
import { MANIFEST } from '../../version.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { countLevels, formatFindings } from '../format/doctor.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { checkRepositories } from '../repositories.js';
import { addSettingFlags, type GivenFlags, loadSettingsOfServer } from '../setting-flags.js';

interface DoctorFlags {
  readonly failOn: FindingLevel | 'never';
  readonly json?: true;
}

/** `millrace doctor [folders]`: looks over a server, without starting one. */
export function registerDoctor(program: Command, { io, exitWith }: CommandContext): void {
  addSettingFlags(program.command('doctor [folders...]'))
    .description('look over a server as it is configured, and say what to correct; nothing is started or changed')
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
      ),
    )
    .action(async (folders: readonly string[], flags: GivenFlags & DoctorFlags) => {
      const findings = await examineConfigured(io, folders, flags);
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

function fails(findings: readonly Finding[], failOn: DoctorFlags['failOn']): boolean {
  if (failOn === 'never') return false;
  const bad = FINDING_LEVELS.slice(0, FINDING_LEVELS.indexOf(failOn) + 1);
  return findings.some(({ level }) => bad.includes(level));
}
