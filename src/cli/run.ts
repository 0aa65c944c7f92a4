import { processIo } from './io.js';
import { runCli } from './program.js';

/** Runs the command line of this process; its exit code says what came of it. */
export async function runProcess(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), processIo());
}
