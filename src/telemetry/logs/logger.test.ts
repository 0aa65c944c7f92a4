import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { LOG_LEVELS, type LogLevel, ROOMS, type Room } from '../../core/index.js';
import type { TelemetryOptions } from '../options.js';
import { createLogger } from './logger.js';

function start(logLevel: TelemetryOptions['logLevel'], logLevels: TelemetryOptions['logLevels'] = {}) {
  const lines: string[] = [];
  const logger = createLogger({ logLevel, logLevels }, new FakeClock(), { write: (line) => lines.push(line) });
  /** The levels that make lines in a room. */
  const heard = (room: Room = 'engine'): readonly LogLevel[] => {
    lines.length = 0;
    for (const level of LOG_LEVELS) logger.log({ room, level, message: 'x' });
    expect(LOG_LEVELS.filter((level) => logger.isEnabled(room, level))).toEqual(
      lines.map((line) => JSON.parse(line).level),
    );
    return lines.map((line) => JSON.parse(line).level);
  };
  return { logger, heard };
}

describe('the level', () => {
  it.each([
    ['trace', ['trace', 'debug', 'info', 'warn', 'error'], 2],
    ['debug', ['debug', 'info', 'warn', 'error'], 1],
    ['info', ['info', 'warn', 'error'], 0],
    ['warn', ['warn', 'error'], 0],
    ['error', ['error'], 0],
    ['silent', [], 0],
  ] as const)('%s lets its own and the more severe ones through', (level, levels, verbose) => {
    const { logger, heard } = start(level);
    expect(heard()).toEqual(levels);
    expect(logger.get().verboseLevel).toBe(verbose);
  });

  it('can be set for one room, which then goes its own way', () => {
    const { logger, heard } = start('warn', { engine: 'debug' });
    expect(heard('engine')).toEqual(['debug', 'info', 'warn', 'error']);
    for (const room of ROOMS.filter((candidate) => candidate !== 'engine'))
      expect(heard(room)).toEqual(['warn', 'error']);
    logger.update({ warning: false, error: false });
    expect(heard('engine')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(heard('server')).toEqual([]);
  });

  it('follows the settings while the server runs, each level by itself', () => {
    const { logger, heard } = start('warn', { engine: 'debug' });
    logger.setLevels({ logLevel: 'error' });
    expect([heard('engine'), heard('server')]).toEqual([['debug', 'info', 'warn', 'error'], ['error']]);
    logger.setLevels({ logLevels: { server: 'info' } });
    expect([heard('engine'), heard('server')]).toEqual([['error'], ['info', 'warn', 'error']]);
    logger.update({ info: true });
    expect(heard('server')).toEqual(['info', 'warn', 'error']);
  });
});

describe("Triton's log settings", () => {
  it('begin as the options say', () => {
    expect(start('info').logger.get()).toEqual({
      info: true,
      warning: true,
      error: true,
      verboseLevel: 0,
    });
  });

  it('switch each level by itself while the server runs', () => {
    const { logger, heard } = start('info');
    expect(logger.update({ warning: false, verboseLevel: 1 })).toEqual({
      info: true,
      warning: false,
      error: true,
      verboseLevel: 1,
    });
    expect(heard()).toEqual(['debug', 'info', 'error']);
    logger.update({ info: false, verboseLevel: 4 });
    expect(heard()).toEqual(['trace', 'debug', 'error']);
    logger.update({ verboseLevel: 0, error: false });
    expect(heard()).toEqual([]);
  });
});
