import { Worker } from 'node:worker_threads';

const CHECK_INTERVAL_MS = 500;

/**
 * Ends this process and its group, with whatever they are doing, once the process `parentPid` is gone: a thread of its own, because a
 * model that hangs in native code blocks all others. Costs about 6 MB. (An idle runner notices by itself, at the end
 * of its pipe; on Windows children end with their parent anyway.)
 */
export function watchParent(parentPid: number): void {
  const source = `
    const parentPid = ${parentPid};
    function isOrphan() {
      if (process.platform !== 'win32') return process.ppid !== parentPid;
      try { process.kill(parentPid, 0); return false; } catch { return true; }
    }
    function end() {
      try { if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL'); } catch {}
      process.kill(process.pid, 'SIGKILL');
    }
    setInterval(() => { if (isOrphan()) end(); }, ${CHECK_INTERVAL_MS});
  `;
  const worker = new Worker(source, {
    eval: true,
    execArgv: [],
    // Smaller heaps do not start.
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  worker.on('error', (error) => {
    process.stderr.write(`the watchdog ended: ${error.message}\n`);
  });
}
