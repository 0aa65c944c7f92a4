import { readFile } from 'node:fs/promises';
import os from 'node:os';

/** Where AWS's tools find their settings and credentials. */
export interface AwsEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The text of a file; undefined where there is none. */
  readonly readFile: (file: string) => Promise<string | undefined>;
}

/** This process and its user, as AWS's tools see them. */
export function systemAwsEnvironment(env: AwsEnvironment['env']): AwsEnvironment {
  return {
    env,
    home: env.HOME || os.homedir(),
    readFile: (file) => readFile(file, 'utf8').catch(() => undefined),
  };
}

/** The first of these variables that is set, and not empty. */
export function variable({ env }: Pick<AwsEnvironment, 'env'>, ...names: readonly string[]): string | undefined {
  for (const name of names) if (env[name]) return env[name];
  return undefined;
}
