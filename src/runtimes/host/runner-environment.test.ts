import { describe, expect, it } from 'vitest';
import { runnerEnvironment, sharedRunnerLabel } from './runner-environment.js';

describe('the environment of a runner', () => {
  it('has what every program needs, and nothing else of the server', () => {
    const usual = {
      PATH: '/bin',
      HOME: '/home/m',
      TMPDIR: '/tmp',
      LANG: 'C',
      LC_ALL: 'C',
      TZ: 'UTC',
      LD_LIBRARY_PATH: '/cuda',
      LOCPATH: '/locales',
      LOCALE_ARCHIVE: '/nix/store/locale-archive',
      OMP_NUM_THREADS: '2',
      ORT_DISABLE_TELEMETRY: '1',
      CUDA_VISIBLE_DEVICES: '0',
      SystemRoot: 'C:\\Windows',
    };
    const secret = { MILLRACE_KEY: 'k', AWS_SECRET_ACCESS_KEY: 's', ORTHER: 'x', MY_PATH: 'y', NODE_OPTIONS: '-r x' };
    expect(runnerEnvironment({ ...usual, ...secret }, [])).toEqual(usual);
  });

  it('has what its models name, and nothing for a name that is not there', () => {
    const server = { PATH: '/bin', HF_HOME: '/cache', HF_TOKEN: 't' };
    expect(runnerEnvironment(server, ['HF_HOME', 'NOWHERE'])).toEqual({ PATH: '/bin', HF_HOME: '/cache' });
  });
});

it('models share a runner with those that name the same variables, in whatever order', () => {
  expect(sharedRunnerLabel('small')).toBe('small');
  expect(sharedRunnerLabel('small', ['B', 'A', 'B'])).toBe(sharedRunnerLabel('small', ['A', 'B']));
  expect(sharedRunnerLabel('small', ['A'])).toBe('small+A');
});
