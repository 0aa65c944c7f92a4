/**
 * Ends, at once, all processes of the group that a runner leads: itself and what its models have started, but for what those have put into
 * groups of their own. Nothing happens where there is no such group, as on Windows.
 */
export function killGroup(leaderPid: number): void {
  if (process.platform === 'win32' || leaderPid <= 1) return;
  try {
    process.kill(-leaderPid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}
